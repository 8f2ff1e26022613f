export interface JavaThread {
  name: string;
  /** The kernel's id. */
  tid: number | undefined;
  isDaemon: boolean;
  /** E.g. `waiting for monitor entry`. */
  words: string;
}

/** `"main" #1 daemon prio=5 os_prio=0 cpu=1.00ms elapsed=2.69s tid=0x00007f78 nid=0x53fe in Object.wait()  [0x00007f78]`. */
export function jstackHeading(body: string): JavaThread | undefined {
  const id = body.lastIndexOf(' nid=');
  const isVirtual = body.includes('" #') && body.endsWith(' virtual');
  if (!isVirtual && (id < 0 || !body.includes(' tid='))) return undefined;
  const close = body.lastIndexOf('"', id < 0 ? body.length : id);
  if (close <= 0) return undefined;
  const rest = id < 0 ? '' : body.slice(id + 5);
  // Up to Java 18 hexadecimal, since then decimal; `na` for a thread that has none.
  const found = /^(0x[0-9a-f]+|\d+|na)\b ?(.*)$/.exec(rest);
  const tid = Number(found?.[1] ?? Number.NaN);
  return {
    name: body.slice(1, close),
    tid: Number.isInteger(tid) ? tid : undefined,
    isDaemon: body.startsWith(' daemon ', body.indexOf(' ', close + 2)) || body.includes('" daemon '),
    words: (found?.[2] ?? '').replace(/ *\[(?:0x)?[0-9a-f]+\] *$/, '').trim(),
  };
}
