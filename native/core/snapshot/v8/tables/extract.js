// Prints the parts of a table in this folder that an executable of Node itself tells, for one that is not
// stripped: node extract.js /path/to/node
import { readFileSync } from 'node:fs';

const bytes = readFileSync(process.argv[2]);
const u16 = (at) => bytes.readUInt16LE(at);
const u32 = (at) => bytes.readUInt32LE(at);
const u64 = (at) => Number(bytes.readBigUInt64LE(at));

const header = { segments: u64(32), sections: u64(40), segmentCount: u16(56), sectionCount: u16(60) };

function sections() {
  return Array.from({ length: header.sectionCount }, (_, i) => {
    const at = header.sections + i * 64;
    return { type: u32(at + 4), offset: u64(at + 24), size: u64(at + 32), link: u32(at + 40) };
  });
}

function offsetOf(address) {
  for (let i = 0; i < header.segmentCount; i++) {
    const at = header.segments + i * 56;
    const [type, offset, start, size] = [u32(at), u64(at + 8), u64(at + 16), u64(at + 32)];
    if (type === 1 && address >= start && address < start + size) return address - start + offset;
  }
  throw new Error(`no byte of the file is loaded at ${address.toString(16)}`);
}

/** The bytes behind the one symbol of .symtab whose name fits. */
function bytesOf(pattern) {
  const symtab = 2;
  const all = sections();
  const table = all.find((section) => section.type === symtab);
  if (table === undefined) throw new Error('found no .symtab; expected an executable that is not stripped');
  const names = all[table.link].offset;
  for (let at = table.offset; at < table.offset + table.size; at += 24) {
    const [start, size] = [u64(at + 8), u64(at + 16)];
    if (size === 0) continue;
    const name = names + u32(at);
    if (!pattern.test(bytes.toString('latin1', name, bytes.indexOf(0, name)))) continue;
    const offset = offsetOf(start);
    return bytes.subarray(offset, offset + size);
  }
  throw new Error(`no symbol fits ${pattern}`);
}

const digits = (values) => Array.from(values, (value) => value.toString(36)).join('');

const counts = bytesOf(/^_ZZN2v88internal.*TranslationOpcodeOperandCount.*6counts/);
const operandCounts = Array.from({ length: counts.length / 4 }, (_, i) => counts.readInt32LE(4 * i));
const sizes = bytesOf(/^_ZN2v88internal11interpreter9Bytecodes14kBytecodeSizesE$/);
const bytecodes = sizes.length / 3;

// The root register points into the isolate, with this bias. Builtins_JSEntry saves c_entry_fp first of all, by
// `push offset(%r13)`.
const rootBias = 0x80;
const entry = bytesOf(/^Builtins_JSEntry$/);
const push = entry.indexOf(Buffer.from([0x41, 0xff, 0xb5]));

console.log(`operand_counts      ${digits(operandCounts)}`);
for (const scale of [0, 1, 2]) {
  console.log(
    `bytecode_bytes[${scale}]   ${digits(sizes.subarray(scale * bytecodes, (scale + 1) * bytecodes))}`,
  );
}
console.log(`isolate_exit_frame  0x${(entry.readInt32LE(push + 3) + rootBias).toString(16)}`);
