/**
 * `npm run test:faults`: kills, hangs and restarts the parts of a deployment on this machine while users log in
 * (test/faults/*.drill.ts): NATS servers, gateways, services, PgBouncer, and a Postgres primary whose standby is promoted.
 * Prints a table of what the users noticed, and one of the alerts that told of a failure (alerts.drill.ts); `--report FILE`
 * also writes them to a file. Other arguments are Vitest's, such as `nats` for the drills of one file. The alerts need
 * Debian's `prometheus` too, and take as long as in a deployment, divided by ALERTS_FACTOR (by default 20). Needs `nats-server`, `haproxy`, `pgbouncer` and the programs of PostgreSQL 15 or newer
 * (Debian: nats-server, haproxy, pgbouncer, postgresql). Prints one line and succeeds where one of them is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { findPostgresPrograms } from './postgres-programs.mjs';
import { prepare } from './prepare.mjs';

const COLUMNS = {
  fault: ({ fault }) => fault,
  begun: ({ begun }) => begun,
  finished: ({ finished }) => finished,
  lost: ({ lost }) => lost,
  'started over': ({ startedOver }) => startedOver,
  requests: ({ requests }) => requests,
  retried: ({ refused }) => refused,
  'gap in s': ({ gapMs }) => (gapMs / 1000).toFixed(1),
};

const ALERT_COLUMNS = {
  failure: ({ failure }) => failure,
  alert: ({ alert }) => `[${alert}](runbooks.md#${alert.toLowerCase()})`,
  'seconds after': ({ seconds }) => seconds,
  'the cause is shown by': ({ check }) => `\`${check.replaceAll('|', '\\|')}\``,
};

const natsServer = process.env.NATS_SERVER || find('nats-server');
const postgres = process.env.POSTGRES_BIN || findPostgresPrograms();
const missing = [
  !natsServer && 'nats-server',
  !find('haproxy') && 'haproxy',
  !find('pgbouncer') && 'pgbouncer',
  !postgres && 'pg_basebackup',
].filter(Boolean);
if (missing.length > 0) console.log(`SKIPPED: ${missing.join(', ')} is not installed`);
else {
  prepare();
  const { report, others } = splitArguments(process.argv.slice(2));
  process.exitCode = runDrills(others, report);
}

/** Runs the drills and prints their table, also when a drill has failed. Returns the exit code. */
function runDrills(args, report) {
  const before = loadavg()[0];
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'));
  const [rows, alertRows] = [join(folder, 'rows'), join(folder, 'alerts')];
  const programs = { PATH: folders().join(delimiter), NATS_SERVER: natsServer, POSTGRES_BIN: postgres };
  try {
    const vitest = ['vitest', 'run', '--config', 'test/faults/vitest.config.ts', '--reporter=verbose'];
    const env = { ...process.env, ...programs, FAULTS_ROWS: rows, ALERT_ROWS: alertRows };
    const { status } = spawnSync('npx', [...vitest, ...args], { env, stdio: 'inherit' });
    const tables = [tableOf(readRows(rows), COLUMNS), tableOf(readRows(alertRows), ALERT_COLUMNS)].filter(Boolean);
    const text = `${[machine(before), ...tables].join('\n\n')}\n`;
    console.log(`\n${text}`);
    if (report) writeFileSync(report, text);
    return status ?? 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Returns the file after `--report`, and the other arguments. */
function splitArguments(args) {
  const at = args.indexOf('--report');
  if (at === -1) return { report: undefined, others: args };
  const report = args[at + 1];
  if (!report) throw new Error('--report needs the name of a file. Usage: npm run test:faults -- --report FILE');
  return { report, others: args.toSpliced(at, 2) };
}

/** Returns the objects in a file with one on each line. None if there is no file. */
function readRows(file) {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  return lines.map((line) => JSON.parse(line));
}

function tableOf(rows, columns) {
  if (rows.length === 0) return '';
  const names = Object.keys(columns);
  const lines = [names, names.map(() => '---'), ...rows.map((row) => names.map((name) => columns[name](row)))];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** Returns when and where the drills ran. */
function machine(loadBefore) {
  const loads = [loadBefore, loadavg()[0]].map((load) => load.toFixed(1));
  return `${new Date().toISOString()}, ${availableParallelism()} cores, load average ${loads.join(' before and ')} after`;
}

/** Returns the folders of PATH, and two folders of server programs that the PATH of an ordinary user may lack. */
function folders() {
  return [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin'];
}

function find(program) {
  return folders()
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));
}
