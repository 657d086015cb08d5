/** A command that a page shows, and its output there. */
export interface ShownCommand {
  readonly command: string;
  readonly output: string;
}

/** Returns the commands of a block whose lines begin with `$ `, each with the lines that follow it. */
export const shownCommands = (block: string): readonly ShownCommand[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      return { command: text.slice(0, end), output: text.slice(end + 1) };
    });

/**
 * Returns a regular expression that matches every output that a shown output represents. `…` stands for any text or, on
 * a line of its own, for any lines. Numbers, times and the width of columns may differ.
 */
export function shownOutput(output: string): RegExp {
  const lines = output.trimEnd().split('\n');
  const patterns = lines.map((line) => (line === '…' ? '[^]*' : lineOf(line)));
  return new RegExp(patterns.join('\\n'));
}

const lineOf = (line: string): string =>
  line
    .replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replaceAll(/\d+(?:[,\d]*\d)?/g, '[\\d,]+')
    .replaceAll(/ +/g, ' +')
    .replaceAll('…', '.*');
