import { execFile } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { postgresAccount } from '../../libs/platform/src/embedded-postgres-account.js';

const run = promisify(execFile);

/** The programs of an installed PostgreSQL, and a folder for the servers that a test creates with them. */
export class PostgresPrograms {
  /** Password of the superuser `postgres`, as whom the programs connect. */
  readonly password = 'postgres-of-a-drill';

  private constructor(
    /** Folder of the programs. */
    readonly bin: string,
    /** Folder of the servers, which the account of the servers can read. */
    readonly folder: string,
    /** The account that the servers run as, because they refuse to run as root. */
    readonly account: Awaited<ReturnType<typeof postgresAccount>>,
  ) {}

  static async open(bin: string): Promise<PostgresPrograms> {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-drill-'));
    await chmod(folder, 0o755);
    const programs = new PostgresPrograms(bin, folder, await postgresAccount());
    await programs.giveAway(folder);
    return programs;
  }

  /** Creates a new server with its data in `data`. */
  async initialise(data: string): Promise<void> {
    const file = join(this.folder, 'password');
    await writeFile(file, this.password, { mode: 0o600 });
    await this.giveAway(file);
    const access = ['-U', 'postgres', '-A', 'scram-sha-256', `--pwfile=${file}`];
    await this.run('initdb', ['-D', data, ...access, '-E', 'UTF8', '--locale=C', '--data-checksums', '--no-sync']);
  }

  /** Runs a program of PostgreSQL, or of the system, as the account of the servers. */
  async run(program: string, args: readonly string[]): Promise<void> {
    const env = { ...process.env, PGPASSWORD: this.password, PATH: `${this.bin}:${process.env['PATH'] ?? ''}` };
    await run(program, [...args], { ...this.account, env, cwd: this.folder });
  }

  /** Makes the account of the servers the owner of a file. */
  async giveAway(path: string): Promise<void> {
    if (this.account) await chown(path, this.account.uid, this.account.gid);
  }

  async close(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
