/** What `ProcessDump.format` says: the tool or runtime whose output was read. Our own dumps, `kvtool`, carry none. */
export const dumpFormats = [
  'py-spy',
  'py-spy-json',
  'gdb',
  'lldb',
  'eu-stack',
  'pystack',
  'faulthandler',
  'traceback',
  'jstack',
  'go',
  'node-report',
  'macos-sample',
  'kvtool',
] as const;

export type DumpFormat = (typeof dumpFormats)[number];
