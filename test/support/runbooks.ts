import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { DocumentedCommands } from './documented-commands.js';

const run = promisify(execFile);

/** The PromQL queries and SQL statements of the runbooks' commands. */
interface Asked {
  readonly queries: readonly string[];
  readonly statements: readonly string[];
  /** Commands that failed or found nothing. */
  readonly failed: readonly string[];
}

/**
 * The functions that docs/how-to/runbooks.md defines, as a test needs them. `query` and `sql` only print the query or
 * statement. The test then sends all of them itself, which is faster than a process for each.
 */
const FUNCTIONS = `
ask() { curl -sf "$MONITORING$2"; }
logs() { echo '{"level":"error","event":"periodic_task_failed","msg":"error: the connection to the bus is lost"}'; }
query() { printf 'QUERY: %s\\n' "$1"; }
sql() { printf 'SQL: %s\\n' "$1"; }
`;

/** The addresses and files that replace the examples in the commands of a runbook, when a test runs the commands. */
interface Place {
  /** Monitoring ports by service. */
  readonly ports: Readonly<Record<string, number>>;
  /** Address of Prometheus. */
  readonly prometheus: string;
  /** Folder with a file `<service>.log` for each service. */
  readonly logs: string;
  /** Environment variables of the commands. */
  readonly env: Readonly<Record<string, string>>;
}

const RUNBOOKS = 'docs/how-to/runbooks.md';

/** The block that defines the functions for `npm start`. */
const FUNCTIONS_OF_START = /^ask\(\) \{ curl /;

/** Returns the lines of the first code block of an alert's section, without those that call Docker or Kubernetes. */
export function checkCommands(alert: string): string[] {
  const [block = ''] = DocumentedCommands.of(RUNBOOKS).all('sh', alert);
  return block.split('\n').filter((line) => line !== '' && !/^(docker|kubectl) /.test(line));
}

/**
 * Runs one command of a runbook with the functions that the page defines for `npm start`, except that each service has
 * its own port and log. Returns what it prints, also when it fails.
 */
export async function runCheck(command: string, { ports, prometheus, logs, env }: Place): Promise<string> {
  const page = DocumentedCommands.of(RUNBOOKS);
  const functions = [/^query\(\) \{/, FUNCTIONS_OF_START].map((pattern) => page.block('sh', pattern));
  const adapted = functions
    .join('')
    .replace(':9001', `:\${PORTS[$1]}`)
    .replace('gatehouse.log', '"$LOGS/$1.log"')
    .replace('http://127.0.0.1:9090', prometheus);
  const table = Object.entries(ports).map(([service, port]) => `[${service}]=${port}`);
  const script = `declare -A PORTS=(${table.join(' ')})\n${adapted}${command}`;
  const options = { env: { PATH: process.env['PATH'], LOGS: logs, ...env } };
  const { stdout, stderr } = await run('bash', ['--norc', '-c', script], options).catch(
    (error: unknown) => error as { stdout: string; stderr: string },
  );
  return `${stdout}${stderr}`;
}

/** Returns the runbooks' lines that call a function of the page. */
function runbookCommands(): string[] {
  return DocumentedCommands.of(RUNBOOKS)
    .all('sh')
    .flatMap((block) => block.split('\n'))
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
