import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { blocksOf, takeBlock } from '../support/code-blocks.js';

/** The fields of `docker inspect` that the tests read. */
export interface Inspection {
  readonly Id: string;
  readonly Image: string;
  readonly RestartCount: number;
  readonly State: { readonly Pid: number; readonly Health?: { readonly Status: string } };
  readonly Config: { readonly User: string; readonly Env: readonly string[] };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly SecurityOpt: readonly string[];
    readonly Memory: number;
  };
}

/** The compose deployment of a copy of this working tree in a temporary folder. */
export class ComposeProject {
  readonly folder = mkdtempSync(join(tmpdir(), 'gatehouse-compose-'));
  readonly url = 'http://127.0.0.1:9000';
  /** Gives the deployment a name and a subnet that no other deployment in the same engine uses. */
  private readonly env = {
    ...process.env,
    COMPOSE_PROJECT_NAME: 'gatehouse-test',
    FRONT_SUBNET: '10.231.77.0/24',
    // The network of NATS, which external stages join.
    GATEHOUSE_NETWORK: 'gatehouse-test_bus',
  };

  constructor() {
    const files = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '-z', ':!node_modules'], {
      maxBuffer: 1e8,
    }).stdout;
    const archive = spawnSync('tar', ['--null', '--files-from=-', '-c'], { input: files, maxBuffer: 1e9 }).stdout;
    spawnSync('tar', ['-x', '-C', this.folder], { input: archive });
  }

  /** Runs a script with bash in the folder of the project, and returns its output. Throws if the script fails. */
  sh(script: string, input = ''): Promise<string> {
    return new Promise((done, reject) => {
      const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { cwd: this.folder, env: this.env });
      const [out, all]: [string[], string[]] = [[], []];
      child.stdout.on('data', (chunk) => out.push(String(chunk)) && all.push(String(chunk)));
      child.stderr.on('data', (chunk) => all.push(String(chunk)));
      child.once('close', (code) =>
        code === 0 ? done(out.join('').trim()) : reject(new Error(`${script}\nended with ${code}:\n${all.join('')}`)),
      );
      // Ignore EPIPE, because a script need not read its input.
      child.stdin.on('error', () => undefined);
      child.stdin.end(input);
    });
  }

  /**
   * Runs the commands of a code block under a heading of a docs page. `block` is its index among the blocks under the
   * heading that name this drill.
   */
  follow(page: string, heading: string, { block = 0, input = '' } = {}): Promise<string> {
    const blocks = blocksOf(page).filter((each) => each.language === 'sh' && each.tests.includes('containers.drill'));
    const commands = blocks.filter((each) => each.heading === heading)[block];
    if (commands === undefined)
      throw new Error(`${page} has no sh block ${block} for containers.drill under ${heading}`);
    return this.sh(takeBlock(commands), input);
  }

  /** Returns the running containers of a service. */
  async inspect(service: string): Promise<readonly Inspection[]> {
    const ids = (await this.sh(`docker compose ps --quiet ${service}`)).replaceAll('\n', ' ');
    return ids === '' ? [] : (JSON.parse(await this.sh(`docker inspect ${ids}`)) as Inspection[]);
  }

  /** Returns the used memory in MiB of the running containers, by service. */
  async memory(): Promise<ReadonlyMap<string, readonly number[]>> {
    const lines = (await this.sh("docker stats --no-stream --format '{{.Name}} {{.MemUsage}}'")).split('\n');
    const used = new Map<string, number[]>();
    for (const line of lines) {
      // For example `gatehouse-test-password-1 81.35MiB / 384MiB`.
      const [, service = '', amount, unit] = /^gatehouse-test-(\w+)-\d+ ([\d.]+)([MGK])iB \//.exec(line) ?? [];
      const mebibytes = Number(amount) * { K: 1 / 1024, M: 1, G: 1024 }[unit as 'K' | 'M' | 'G'];
      used.set(service, [...(used.get(service) ?? []), mebibytes]);
    }
    return used;
  }

  /** Runs a command of the operator, such as `user.js list`, and returns what it prints. */
  operator(command: string, input = ''): Promise<string> {
    return this.sh(`docker compose run --rm -T operator dist/apps/cli/src/${command}`, input);
  }

  /** Applies a blueprint. */
  async apply(text: string): Promise<void> {
    await this.operator('blueprint.js apply /dev/stdin', text);
  }

  /** Replaces each line of secrets.env whose setting matches `name` with the text that `line` returns. */
  changeSecrets(name: RegExp, line: (name: string, value: string) => string): void {
    const text = this.read('secrets.env').replaceAll(/^(\w+)=(.*)\n/gm, (old, setting: string, value: string) =>
      name.test(setting) ? line(setting, value) : old,
    );
    writeFileSync(join(this.folder, 'secrets.env'), text);
  }

  read(file: string): string {
    return readFileSync(join(this.folder, file), 'utf8');
  }

  /** Removes the containers, the networks, the volumes and the folder. */
  async close(): Promise<void> {
    await this.sh('docker compose --profile operator down --volumes --remove-orphans --timeout 5');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
