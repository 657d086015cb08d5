import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { Environment } from './processes.js';

/** How systemd would start a service: its command, in its folder, with its environment. */
export interface UnitStart {
  readonly program: string;
  readonly args: readonly string[];
  readonly folder: string;
  readonly env: Environment;
}

/**
 * Returns how systemd starts the unit with this text as the instance `instance`: the last ExecStart, with the variables
 * of Environment and of the environment files. `localize` replaces the paths of a host.
 */
export function readUnit(text: string, instance: string, localize: (path: string) => string): UnitStart {
  const lines = [...text.replaceAll('%i', instance).matchAll(/^(\w+)=(.*)$/gm)];
  const valuesOf = (name: string) => lines.flatMap(([, key, value = '']) => (key === name ? [value] : []));
  const env = {
    ...Object.fromEntries(valuesOf('Environment').flatMap((list) => list.split(' ').map((pair) => pair.split('=')))),
    ...valuesOf('EnvironmentFile').reduce((all, path) => ({ ...all, ...readFile(localize(path)) }), {}),
  } as Environment;
  const command = (valuesOf('ExecStart').at(-1) ?? '').replaceAll(/\$\{(\w+)\}/g, (_, name: string) => env[name] ?? '');
  const [program = '', ...args] = command.split(' ');
  return { program, args: args.map(localize), folder: localize(valuesOf('WorkingDirectory')[0] ?? '/'), env };
}

const readFile = (path: string) => readEnvironmentFile(readFileSync(path, 'utf8'));

/**
 * Returns the variables of an environment file. Unlike Node, systemd removes the backslashes of a value without quotes.
 * Throws for a value that is only partly in quotes: systemd would also read the text after the quotes.
 */
export function readEnvironmentFile(text: string): Environment {
  const partly = /^(\w+)=(?!'[^'\n]*'$|"[^"\n]*"$)['"]/m.exec(text);
  if (partly) throw new Error(`${partly[1]} is only partly in quotes`);
  return parseEnv(
    text.replaceAll(/^(\w+)=([^'"\n].*)$/gm, (_, name, value) => `${name}='${value.replaceAll(/\\(.)/g, '$1')}'`),
  ) as Environment;
}
