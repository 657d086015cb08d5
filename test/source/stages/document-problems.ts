import { dirname } from 'node:path';
import {
  OWN_COMPONENTS,
  OWN_MODELS,
  STAGE_VERBS,
  type StageContract,
  schemaLayers,
  stageSubject,
} from '@gatehouse/contracts';
import { DIFFERENCES, NATS, SPEC, STAGES, type StageSources } from './stage-sources.js';

const contractsOf = ({ stages }: StageSources) => Object.values(stages).map(({ contract }) => contract);

/** Format of a kind, which is one token of NATS subjects. */
const KIND = /^[a-z][a-z0-9_]{1,47}$/;

/** Returns a message for each stage whose kind is not valid, or is not its key in the catalogue. */
export const kindProblems = ({ stages }: StageSources): string[] =>
  Object.entries(stages).flatMap(([key, { contract }]) => {
    if (!KIND.test(contract.kind))
      return [
        `the kind "${contract.kind}" is not valid: use 2 to 48 lower-case letters, digits and underscores, beginning with a letter, such as ${key}`,
      ];
    return contract.kind === key
      ? []
      : [
          `${STAGES}/catalogue.ts has the stage ${contract.kind} under the key ${key}: rename the key to ${contract.kind}`,
        ];
  });

/**
 * Returns a message for each contract that the catalogue does not list, each stage without a README or a test, and each
 * config field without a document or a description.
 */
export function folderProblems(sources: StageSources): string[] {
  const declared = [...sources.files].flatMap(([path, text]) => {
    const kind = path.endsWith('.contract.ts') ? /^ {2}kind: '(\w+)'/m.exec(text)?.[1] : undefined;
    return kind === undefined ? [] : [{ path, kind }];
  });
  return declared.flatMap(({ path, kind }) => {
    const contract = sources.stages[kind]?.contract;
    return contract
      ? partProblems({ contract, path, sources })
      : [`${path} is not in the catalogue: add a line for ${kind} to ${STAGES}/catalogue.ts`];
  });
}

interface Declared {
  readonly contract: StageContract;
  /** Path of the contract. */
  readonly path: string;
  readonly sources: StageSources;
}

function partProblems({ contract, path, sources }: Declared): string[] {
  const { kind, model, config } = contract;
  const top = path.split('/').slice(0, 4).join('/');
  const readme = [`${dirname(path)}/README.md`, `${top}/README.md`].find((candidate) => sources.files.has(candidate));
  const { page, anchor } = specOf(kind, sources);
  // A page other than SPEC describes one group of stages with their shared fields, so all of it counts.
  const spec = page === sources.files.get(SPEC) ? sectionOf(page, anchor) : page;
  const documents = `${sources.files.get(readme ?? '')}\n${spec}`;
  const fields = model === undefined ? [] : Object.entries(config.shape);
  const undocumented = fields.flatMap(([field]) => (names(documents, field) ? [] : field));
  const undescribed = fields.flatMap(([field, schema]) => (isDescribed(schema) ? [] : field));
  return [
    ...(readme === undefined ? [`${kind} has no README: add ${dirname(path)}/README.md`] : []),
    ...(isTested(path, sources) ? [] : [`${kind} has no test: add ${path.replace('.contract.ts', '.stage.spec.ts')}`]),
    ...undocumented.map(
      (field) => `the config field ${field} of ${kind} is in no document: add it to ${readme ?? SPEC}`,
    ),
    ...undescribed.map(
      (field) => `the config field ${field} of ${kind} has no description: add .describe() in ${path}`,
    ),
  ];
}

const isDescribed = (schema: unknown): boolean =>
  [...schemaLayers(schema)].some((layer) => layer.description !== undefined);

/** Returns the section of a page that begins at an anchor, with its subsections. */
function sectionOf(page: string, anchor: string | undefined): string {
  const sections = page.split(/^(?=#+ )/m);
  const first = sections.findIndex((section) => anchorsOf(section).has(anchor ?? ''));
  const depth = (section: string) => /^#*/.exec(section)![0].length;
  const next = sections.findIndex((section, index) => index > first && depth(section) <= depth(sections[first] ?? ''));
  return first < 0 ? '' : sections.slice(first, next < 0 ? undefined : next).join('');
}

const names = (document: string, field: string) => new RegExp(`\`${field}[\`:]`).test(document);

/** Returns whether a test is in a folder that has this contract only, or imports the contract. */
function isTested(path: string, { files }: StageSources): boolean {
  const folder = `${dirname(path)}/`;
  const inFolder = [...files].filter(([name]) => name.startsWith(folder));
  const alone = inFolder.filter(([name]) => name.endsWith('.contract.ts')).length === 1;
  const imported = `/${path.split('/').at(-1)!.replace('.ts', '.js')}'`;
  return [...files].some(
    ([name, text]) =>
      name.startsWith(STAGES) &&
      name.endsWith('.spec.ts') &&
      ((alone && name.startsWith(folder)) || text.includes(imported)),
  );
}

/** Returns whether a stage has a model that authentik lacks. */
const isOwn = (model: string | undefined): model is string => model?.startsWith('authentik_') === false;

/** Returns the row of a stage in the table of the specification, and the page and the anchor to which the row links. */
function specOf(kind: string, { files }: StageSources) {
  const spec = files.get(SPEC) ?? '';
  const row = spec.split('\n').find((line) => line.startsWith('| ') && line.includes(`\`${kind}\``));
  const [, file = '', anchor] = /\]\(([\w.-]*)(?:#([\w-]+))?\)/.exec(row ?? '') ?? [];
  return { row, anchor, page: file === '' ? spec : (files.get(`docs/spec/${file}`) ?? '') };
}

/** Returns a message for each stage that the specification lacks, and each own stage that the differences lack. */
export const documentProblems = (sources: StageSources): string[] =>
  contractsOf(sources).flatMap(({ kind, model, service }) => {
    const { row, anchor, page } = specOf(kind, sources);
    if (!row) return [`${SPEC} has no row for ${kind}: add one to its table, and a section`];
    const isListed = sources.files.get(DIFFERENCES)?.includes(`\n- \`${kind}\``) === true;
    return [
      ...(row.endsWith(`| ${service} |`)
        ? []
        : [`the row of ${kind} in ${SPEC} names a wrong service: write ${service}`]),
      ...(anchor === undefined || anchorsOf(page).has(anchor)
        ? []
        : [`${SPEC} has no section on ${kind}: add a heading for #${anchor}`]),
      ...(isOwn(model) && !isListed ? [`${DIFFERENCES} does not list ${kind}: add a line under "Own stages"`] : []),
    ];
  });

/** Returns the anchors of a page: the slugs that GitHub makes of its headings, and explicit ids. */
const anchorsOf = (page: string): ReadonlySet<string> => {
  const headings = [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!.toLowerCase());
  const anchors = [...page.matchAll(/<a id="([\w-]+)">/g)].map(([, id]) => id!);
  return new Set([...headings.map((text) => text.replaceAll(/[^\w -]/g, '').replaceAll(' ', '-')), ...anchors]);
};

/** Returns a message for each of Gatehouse's own stages whose model or component is not named after its kind. */
export const nameProblems = (sources: StageSources): string[] =>
  contractsOf(sources).flatMap(({ kind, component, model }) => {
    if (!isOwn(model)) return [];
    const name = `${kind.replaceAll('_', '')}stage`;
    const shown = `${OWN_COMPONENTS}${kind.replaceAll('_', '-')}`;
    return [
      ...(new RegExp(`^[a-z][a-z0-9_]*_stages\\.${name}$`).test(model)
        ? []
        : [`the model of ${kind} is ${model}: rename it ${OWN_MODELS}${name}, or VENDOR_stages.${name}`]),
      ...(component === undefined || component === shown
        ? []
        : [`the component of ${kind} is ${component}: rename it ${shown}`]),
    ];
  });

/**
 * Returns a message for each stage whose subjects are missing from the permissions of its service's NATS user, or from
 * the subjects that the checker may not use.
 */
export function subjectProblems(sources: StageSources): string[] {
  const blocks = sources.files.get(NATS)?.split('nkey: $NATS_NKEY_') ?? [];
  const users = new Map(blocks.map((text) => [/^\w+/.exec(text)?.[0].toLowerCase(), text]));
  const lacks = (user: string, subject: string) => !users.get(user)?.includes(`"${subject}"`);
  return contractsOf(sources)
    .filter(
      ({ kind, service }) =>
        lacks('checker', `stage.${kind}.*`) ||
        STAGE_VERBS.some((verb) => lacks(service, `${stageSubject(kind, verb)} ${kind}`)),
    )
    .map(({ kind }) => `${NATS} lacks subjects of ${kind}: run npm run docs`);
}
