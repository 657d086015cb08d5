import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What the commands of the runbooks ask for: expressions of PromQL, and statements of SQL. */
interface Asked {
  readonly queries: readonly string[];
  readonly statements: readonly string[];
  /** Commands that failed or found nothing. */
  readonly failed: readonly string[];
}

/**
 * The functions that docs/how-to/runbooks.md defines, for a test. `query` and `sql` print their argument, because a test
 * sends it without starting a program for each.
 */
const FUNCTIONS = `
ask() { curl -sf "$MONITORING$2"; }
logs() { echo '{"level":"error","msg":"cleanup error: the connection to the bus is lost"}'; }
query() { printf 'QUERY: %s\\n' "$1"; }
sql() { printf 'SQL: %s\\n' "$1"; }
`;

/** Returns the commands of the runbooks' sections that use the functions of the page. */
function runbookCommands(): string[] {
  const [, sections = ''] = readFileSync('docs/how-to/runbooks.md', 'utf8').split(/^## Logins and requests$/m);
  return [...sections.matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => /^(ask|query|logs|sql) /.test(line));
}

/** Runs the commands of the runbooks in a shell, for a process with this address of its monitoring port. */
export async function runRunbooks(monitoring: string): Promise<Asked> {
  const script = [...new Set(runbookCommands())].map((line) =>
    line.startsWith('ask ') ? `${line} >/dev/null || printf 'FAILED: %s\\n' ${quoted(line)}` : line,
  );
  const env = { PATH: process.env['PATH'], MONITORING: monitoring };
  const { stdout, stderr } = await run('bash', ['--norc', '-c', `${FUNCTIONS}${script.join('\n')}`], { env });
  const linesAfter = (mark: string) =>
    stdout.split('\n').flatMap((line) => (line.startsWith(mark) ? [line.slice(mark.length)] : []));
  return {
    queries: linesAfter('QUERY: '),
    statements: linesAfter('SQL: '),
    failed: [...linesAfter('FAILED: '), ...stderr.split('\n').filter(Boolean)],
  };
}

/** Returns a text as one word of a shell. */
const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
