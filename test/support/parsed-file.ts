import { type ESTree, parseSync } from 'rolldown/utils';

/**
 * Returns the syntax tree of a file, whose extension says whether it has types and JSX. Throws for a syntax error. This
 * parser takes a sixth of the time that the compiler takes, besides half a second for loading the compiler.
 */
export function parsedFile(path: string, text: string): ESTree.Program {
  const { program, errors } = parseSync(path, text);
  const [error] = errors;
  if (error) throw new Error(`${path}: ${error.message}`);
  return program;
}
