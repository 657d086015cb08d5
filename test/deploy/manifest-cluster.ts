import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { parseAllDocuments, stringify } from 'yaml';
import type { Program, ProgramInput } from '../support/page-shell.js';
import { find, type Manifest, podOf, render, workloadsOf } from './kubernetes.js';

/** The kinds of objects by the names that `kubectl` accepts. */
const KINDS: Readonly<Record<string, string>> = {
  job: 'Job',
  cronjob: 'CronJob',
  deployment: 'Deployment',
  deployments: 'Deployment',
  statefulset: 'StatefulSet',
  service: 'Service',
  secret: 'Secret',
  configmap: 'ConfigMap',
};

const TEXT = { type: 'string' } as const;
const SWITCH = { type: 'boolean' } as const;

const OPTIONS = {
  filename: { type: 'string', short: 'f' },
  kustomize: { type: 'string', short: 'k' },
  namespace: { type: 'string', short: 'n' },
  selector: { type: 'string', short: 'l' },
  output: { type: 'string', short: 'o' },
  patch: { type: 'string', short: 'p' },
  'from-file': { type: 'string', multiple: true },
  type: TEXT,
  for: TEXT,
  timeout: TEXT,
  from: TEXT,
  replicas: TEXT,
  'dry-run': TEXT,
  since: TEXT,
  tail: TEXT,
  local: SWITCH,
  follow: SWITCH,
  'ignore-not-found': SWITCH,
  prefix: SWITCH,
} as const;

/** The options of `kubectl` that the pages use. */
interface Options {
  readonly filename?: string;
  readonly kustomize?: string;
  readonly namespace?: string;
  readonly selector?: string;
  readonly patch?: string;
  readonly type?: string;
  readonly for?: string;
  readonly from?: string;
  readonly 'dry-run'?: string;
  readonly 'from-file'?: readonly string[];
  readonly local?: boolean;
}
const parse = (args: readonly string[]) => {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  return { values: values as Options, positionals };
};

const NAMESPACE = 'gatehouse';

/**
 * A Kubernetes cluster in memory, and its `kubectl`, which refuses unknown options, names and selectors that match no
 * object, and a changed template of a Job. No pod runs.
 */
export class ManifestCluster {
  readonly objects: Manifest[] = [];

  constructor(private readonly folder: () => string) {}

  /** Runs `kubectl` for a `PageShell`. Prints only manifests, which the next command of a pipe reads. */
  readonly kubectl: Program = async (input) => {
    try {
      return { code: 0, stdout: this.run(input), stderr: '' };
    } catch (error) {
      return { code: 1, stdout: '', stderr: `kubectl ${input.args.join(' ')}: ${(error as Error).message}\n` };
    }
  };

  private run({ args, stdin }: ProgramInput): string {
    const end = args.indexOf('--');
    const { values, positionals } = parse(end < 0 ? args : args.slice(0, end));
    const [verb = '', ...words] = positionals;
    // Objects from standard input contain their namespace.
    const isPiped = verb === 'create' && values.filename !== undefined;
    const isLocal = ['kustomize', 'patch', 'apply'].includes(verb);
    if (values.namespace !== NAMESPACE && !isPiped && !isLocal) throw new Error(`expected -n ${NAMESPACE}`);
    const verbs: Readonly<Record<string, () => string>> = {
      kustomize: () => stringifyAll(render(this.path(words[0]))),
      patch: () => stringify(patched(stdin, values)),
      apply: () => this.apply(values),
      create: () => this.create(words, values, stdin),
      delete: () => this.delete(words),
      get: () => this.get(words, values),
      logs: () => (values.selector === undefined ? this.lookUp(words, values) : this.get(['pods'], values)),
      exec: () => this.lookUp(words, values),
      scale: () => this.lookUp(words, values),
      wait: () => this.waitFor(words, values),
      rollout: () => this.lookUp(words.slice(1), values),
    };
    const command = verbs[verb];
    if (!command) throw new Error(`unknown command ${verb}`);
    return command();
  }

  private waitFor(words: readonly string[], values: Options): string {
    if (values.for !== 'condition=complete') throw new Error('expected --for=condition=complete');
    return this.lookUp(words, values);
  }

  /** Throws unless all named objects exist, or the selector selects an object of the kind. */
  private lookUp(words: readonly string[], values: Options): string {
    if (values.selector !== undefined) return this.get(words, values);
    for (const name of words) this.named(name);
    return '';
  }

  private path(name = ''): string {
    return join(this.folder(), name);
  }

  private apply({ kustomize, filename = '', selector }: Options): string {
    const all =
      kustomize === undefined ? readAll(readFileSync(this.path(filename), 'utf8')) : render(this.path(kustomize));
    const chosen =
      selector === undefined ? all : all.filter(({ metadata }) => matches(metadata.labels ?? {}, selector));
    if (chosen.length === 0) throw new Error(`no object to apply matches the selector ${selector}`);
    for (const manifest of chosen) this.put(manifest);
    return '';
  }

  private create([kind = '', ...words]: readonly string[], options: Options, stdin: string): string {
    const name = words.at(-1) ?? '';
    const made = options.filename === '-' ? readAll(stdin) : [this.made(kind, name, { options, stdin })];
    if (options['dry-run'] !== undefined) return stringifyAll(made);
    for (const manifest of made) {
      if (this.has(manifest.kind, manifest.metadata.name))
        throw new Error(`${manifest.kind} ${manifest.metadata.name} exists already`);
      this.put(manifest);
    }
    return '';
  }

  private made(kind: string, name: string, { options, stdin }: { options: Options; stdin: string }): Manifest {
    const object = { apiVersion: 'v1', kind: KINDS[kind] ?? '', metadata: { name, namespace: NAMESPACE } };
    if (kind === 'job') {
      const { spec } = this.named(options.from ?? '').spec.jobTemplate!;
      return { ...object, apiVersion: 'batch/v1', spec } as Manifest;
    }
    const data = (options['from-file'] ?? []).map((pair) => {
      const [, key, path = ''] = /^(?:([^=]+)=)?(.+)$/.exec(pair) ?? [];
      return [key ?? path, path === '/dev/stdin' ? stdin : readFileSync(this.path(path), 'utf8')];
    });
    if (data.length === 0) throw new Error('expected --from-file');
    return { ...object, data: Object.fromEntries(data) as Record<string, string> } as Manifest;
  }

  private delete([kinds = '', ...names]: readonly string[]): string {
    for (const kind of kinds.split(','))
      for (const name of names) this.objects.splice(this.objects.indexOf(this.named(`${kind}/${name}`)), 1);
    return '';
  }

  private get([kind = '']: readonly string[], { selector }: Options): string {
    const objects = this.objects.filter(({ kind: other }) => other === KINDS[kind]);
    const labels =
      kind === 'pods'
        ? workloadsOf(this.objects).map((workload) => podOf(workload).metadata.labels)
        : objects.map(({ metadata }) => metadata.labels);
    if (!labels.some((each) => matches(each ?? {}, selector ?? '')))
      throw new Error(`no ${kind} matches the selector ${selector}`);
    return '';
  }

  private named(reference: string): Manifest {
    const [kind = '', name = ''] = reference.split('/');
    return find(this.objects, KINDS[kind] ?? kind, name);
  }

  private has(kind: string, name: string): boolean {
    return this.objects.some((other) => other.kind === kind && other.metadata.name === name);
  }

  private put(manifest: Manifest): void {
    if (manifest.metadata.namespace !== NAMESPACE && manifest.kind !== 'Namespace' && manifest.kind !== 'PriorityClass')
      throw new Error(`${manifest.kind} ${manifest.metadata.name} is not in the namespace ${NAMESPACE}`);
    const { kind, metadata } = manifest;
    const index = this.objects.findIndex((other) => other.kind === kind && other.metadata.name === metadata.name);
    if (index < 0) this.objects.push(manifest);
    else if (kind === 'Job' && !isDeepStrictEqual(this.objects[index]?.spec.template, manifest.spec.template))
      throw new Error(`the template of the Job ${metadata.name} is immutable`);
    else this.objects[index] = manifest;
  }
}

const readAll = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => {
    for (const error of document.errors) throw error;
    return document.toJS() as Manifest;
  });
const stringifyAll = (manifests: readonly Manifest[]): string => manifests.map((each) => stringify(each)).join('---\n');

/** Returns whether labels fit a selector of the forms `a=b` and `a notin (b, c)`. */
function matches(labels: Readonly<Record<string, string>>, selector: string): boolean {
  const [, absent, values = ''] = /^(\S+) notin \((.*)\)$/.exec(selector) ?? [];
  if (absent !== undefined) return !values.split(', ').includes(labels[absent] ?? '');
  const pairs = selector === '' ? [] : selector.split(',').map((pair) => pair.split('='));
  return pairs.every(([name = '', value]) => labels[name] === value);
}

/** Returns an object after a JSON patch, whose operations must be `replace`. */
function patched(text: string, { patch = '', type, local }: Options): Manifest {
  const [manifest] = readAll(text);
  if (!manifest || !local || type !== 'json') throw new Error('expected --local --type=json and an object');
  for (const { op, path, value } of JSON.parse(patch) as { op: string; path: string; value: unknown }[]) {
    const steps = path.split('/').slice(1);
    const last = steps.pop() ?? '';
    const target = steps.reduce(
      (node, step) => node[step] as Record<string, unknown>,
      manifest as never as Record<string, unknown>,
    );
    if (op !== 'replace' || !(last in target))
      throw new Error(`cannot ${op} ${path}: only existing values can be replaced`);
    target[last] = value;
  }
  return manifest;
}
