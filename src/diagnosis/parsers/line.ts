/** One line of the text, without what stands around a dump: colours, quotes, a log's prefix. */
export interface Line {
  text: string;
  /** The text without its leading blanks. */
  body: string;
  /** Columns of leading blanks; a tab counts for eight. */
  indent: number;
  /** In the original text, from 1. */
  number: number;
}

export function lineOf(text: string, number: number): Line {
  let at = 0;
  let indent = 0;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === space) indent++;
    else if (code === tab) indent += 8;
    else break;
  }
  return { text, body: at === 0 ? text : text.slice(at), indent, number };
}

const space = 0x20;
const tab = 0x09;
