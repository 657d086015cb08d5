import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isInstalled } from '../deploy/installed.js';
import type { KeyPair } from './certificate.js';
import { configurationIn } from './how-to-page.js';
import { freePort, startProcess } from './processes.js';

/** The proxies that have a page in docs/how-to and that tests can run. */
export const PROXIES = ['nginx', 'caddy', 'haproxy'] as const;
export type ProxyName = (typeof PROXIES)[number];

/** The servers behind a proxy, all of them on this machine. */
interface Site {
  /** Ports of the three gateways behind the proxy. */
  readonly gateways: readonly number[];
  /** Port of the application. */
  readonly application: number;
  readonly certificate: KeyPair;
  /** Port at which the proxy listens; by default a free one. */
  readonly port?: number;
  /** Texts of the page that a test changes, with their replacements. */
  readonly changes?: Readonly<Record<string, string>>;
}

/** A running proxy. */
export interface RunningProxy {
  /** Port of its TLS listener on 127.0.0.1. */
  readonly port: number;
  readonly stop: () => Promise<void>;
}

interface Setting extends Site {
  readonly folder: string;
  readonly port: number;
  /** Another free port, for a second listener of the proxy. */
  readonly extraPort: number;
}

/** How a proxy runs in a test. */
interface Recipe {
  /**
   * Paths of the program. The first installed one is used, because Debian installs some programs outside of the PATH of
   * ordinary accounts.
   */
  readonly programs: readonly string[];
  /** Matches the output of a proxy that listens. */
  readonly ready: RegExp;
  readonly args: (folder: string) => [string, ...string[]];
  /** Paths of the configuration files in the page. The first line of a file's code block names its path. */
  readonly files: readonly string[];
  /**
   * Texts in these files that a test replaces, with their replacements. A test also replaces the addresses behind the
   * proxy.
   */
  readonly replacements: (setting: Setting) => Readonly<Record<string, string>>;
  /** A further configuration file, which loads the files of the page: its name and its text. */
  readonly main?: (setting: Setting) => readonly [name: string, text: string];
}

/** The certificate where nginx and Caddy expect it. */
const certificateFiles = ({ folder }: Setting) => ({
  '/etc/ssl/example.org.crt': join(folder, 'site.crt'),
  '/etc/ssl/example.org.key': join(folder, 'site.key'),
});

const RECIPES: Readonly<Record<ProxyName, Recipe>> = {
  nginx: {
    programs: ['nginx', '/usr/sbin/nginx'],
    ready: /using the "epoll" event method/,
    args: (folder) => ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')],
    files: ['/etc/nginx/conf.d/gatehouse.conf'],
    replacements: (setting) => ({
      ...certificateFiles(setting),
      'listen 443 ssl': `listen 127.0.0.1:${setting.port} ssl`,
    }),
    main: ({ folder }) => ['nginx.conf', nginxMain(folder)],
  },
  caddy: {
    programs: ['caddy'],
    ready: /serving initial configuration/,
    args: (folder) => ['run', '--adapter', 'caddyfile', '--config', join(folder, 'main')],
    files: ['/etc/caddy/Caddyfile'],
    replacements: certificateFiles,
    main: ({ folder, port, extraPort }) => [
      'main',
      `${caddyOptions(port, extraPort)}import ${join(folder, 'Caddyfile')}\n`,
    ],
  },
  haproxy: {
    programs: ['haproxy', '/usr/sbin/haproxy'],
    // In this mode (`-W`) the worker ends with the master, so that no process is left.
    ready: /Loading success/,
    args: (folder) => ['-W', '-db', '-f', join(folder, 'haproxy.cfg')],
    files: ['/etc/haproxy/haproxy.cfg', '/etc/haproxy/gatehouse.lua'],
    replacements: ({ folder, port, extraPort }) => ({
      'bind :443 ': `bind 127.0.0.1:${port} `,
      '127.0.0.1:9009': `127.0.0.1:${extraPort}`,
      '/etc/haproxy/example.org.pem': join(folder, 'site.pem'),
      'lua-load /etc/haproxy': `lua-load ${folder}`,
    }),
  },
};

const programOf = (name: ProxyName): string | undefined => RECIPES[name].programs.find(isInstalled);

/** Returns whether a proxy is installed. */
export const hasProxy = (name: ProxyName): boolean => programOf(name) !== undefined;

/** Starts a proxy with the configuration of its page in docs/how-to. Resolves when it listens. */
export async function startReverseProxy(name: ProxyName, site: Site): Promise<RunningProxy> {
  const recipe = RECIPES[name];
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-proxy-'));
  // Lets the worker processes of the proxy enter the folder, because they may run as another account.
  await chmod(folder, 0o755);
  const setting = { ...site, folder, port: site.port ?? (await freePort()), extraPort: await freePort() };
  for (const [file, text] of Object.entries(filesOf(name, setting)))
    await writeFile(join(folder, file), text, { mode: 0o600 });
  const [first, ...args] = recipe.args(folder);
  const env = { HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const remove = () => rm(folder, { recursive: true, force: true });
  const options = { program: programOf(name) ?? name, args, ready: recipe.ready };
  const proxy = await startProcess(first, env, options).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const stop = async () => {
    await proxy.stop('SIGKILL');
    await remove();
  };
  return { port: setting.port, stop };
}

/** Starts nginx with these files of conf.d, which listen on `port` of 127.0.0.1 and name the documented certificate. */
export async function startNginx(
  texts: readonly string[],
  { port, certificate }: { readonly port: number; readonly certificate: KeyPair },
): Promise<RunningProxy> {
  const { args, ready } = RECIPES.nginx;
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-proxy-'));
  await chmod(folder, 0o755);
  const files = {
    ...{ 'site.crt': certificate.cert, 'site.key': certificate.key, 'nginx.conf': nginxMain(folder) },
    'gatehouse.conf': texts.join('\n').replaceAll('/etc/ssl/example.org', join(folder, 'site')),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  const [first, ...others] = args(folder);
  const nginx = await startProcess(
    first,
    { HOME: folder },
    { program: programOf('nginx') ?? 'nginx', args: others, ready },
  );
  const stop = async () => {
    await nginx.stop('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  };
  return { port, stop };
}

/** Returns the text of each configuration file, by the name of the file. */
function filesOf(name: ProxyName, setting: Setting): Readonly<Record<string, string>> {
  const { files, main, replacements } = RECIPES[name];
  const { gateways, application, certificate, changes = {} } = setting;
  const pairs = {
    ...Object.fromEntries(gateways.map((port, i) => [`10.0.0.1${i + 1}:9000`, `127.0.0.1:${port}`])),
    '10.0.0.21:8080': `127.0.0.1:${application}`,
    ...replacements(setting),
    ...changes,
  };
  const blocks = files.map((path) => configurationIn(`forward-auth-${name}`, path));
  for (const original of Object.keys(pairs))
    if (!blocks.some((block) => block.includes(original)))
      throw new Error(`the page of ${name} does not contain ${original}`);
  const replaced = blocks.map((block) =>
    Object.entries(pairs).reduce((text, [original, value]) => text.replaceAll(original, value), block),
  );
  return {
    ...Object.fromEntries(files.map((path, i) => [path.slice(path.lastIndexOf('/') + 1), replaced[i] ?? ''])),
    ...(main ? Object.fromEntries([main(setting)]) : {}),
    ...{ 'site.crt': certificate.cert, 'site.key': certificate.key },
    'site.pem': certificate.cert + certificate.key,
  };
}

/**
 * Returns the part of Debian's nginx.conf around the files of conf.d. nginx runs as a single process, so that a kill
 * leaves none behind.
 */
function nginxMain(folder: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${join(folder, kind)};`)
    .join(' ');
  return `daemon off; master_process off; pid ${join(folder, 'nginx.pid')}; error_log stderr notice; events {}
http { access_log off; ${temporary} include ${join(folder, 'gatehouse.conf')}; }
`;
}

const caddyOptions = (httpsPort: number, httpPort: number) => `{
	admin off
	auto_https disable_redirects
	default_bind 127.0.0.1
	https_port ${httpsPort}
	http_port ${httpPort}
	servers {
		protocols h1 h2
	}
}
`;
