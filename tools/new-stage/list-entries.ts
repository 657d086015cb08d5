import type { Files } from './stage-files.js';
import type { StageNames } from './stage-name.js';

/** Changes the text of a file. Throws if the file does not have the expected form. */
type Edit = (text: string, path: string) => string;

interface Lists {
  readonly service: string;
  readonly asks: boolean;
  /** Returns the text of a file. */
  readonly read: (path: string) => string;
}

/** Returns the changed text of each list that names all stages, by path. `read` returns the text of a file. */
export function listEntries(names: StageNames, { service, asks, read }: Lists): Files {
  const edit = (path: string, ...edits: readonly Edit[]) => ({
    [path]: edits.reduce((text, change) => change(text, path), read(path)),
  });
  return {
    ...edit('libs/stages/src/catalogue.ts', catalogueImport(names), catalogueLine(names)),
    ...edit('libs/stages/src/modules.ts', moduleLine(names, service)),
    ...edit('docs/spec/stages.md', specRow(names, { service, asks }), specSection(names, asks)),
    ...edit('docs/reference/differences/stages.md', differencesLine(names)),
    ...(asks
      ? {
          ...edit('apps/web/src/challenges/table.ts', tableImport(names), tableLine(names)),
          ...edit('apps/web/src/examples/steps.ts', exampleLine(names)),
        }
      : {}),
  };
}

const catalogueImport = ({ folder, camel }: StageNames): Edit =>
  before(/^import /m, `import { ${camel}Contract } from './${folder}/${folder}.contract.js';\n`);

const catalogueLine = ({ kind, camel }: StageNames): Edit =>
  inOrder({
    block: /(?<=^export const stages.*\n)[^]*?(?=^};)/m,
    entry: /^ {2}(\w+): .*,\n/gm,
    name: kind,
    text: `  ${kind}: withModule(${camel}Contract),\n`,
  });

const moduleLine = ({ kind, folder, camel }: StageNames, service: string): Edit =>
  inOrder({
    block: new RegExp(`(?<=^  ${service}: \\{\\n)[^]*?(?=^  \\},)`, 'm'),
    entry: /^ {4}(\w+): [^]*?\(\),\n/gm,
    name: kind,
    text: `    ${kind}: async () => (await import('./${folder}/${folder}.module.js')).${camel}Module(),\n`,
  });

const tableImport = ({ folder, pascal }: StageNames): Edit =>
  before(/^import /m, `import { ${pascal} } from './${folder}.js';\n`);

const tableLine = ({ component, pascal }: StageNames): Edit =>
  inOrder({
    block: /(?<=^export const CHALLENGES.*\n)[^]*?(?=^};)/m,
    entry: /^ {2}'([\w-]+)': .*,\n/gm,
    name: component,
    text: `  '${component}': untyped(${pascal}),\n`,
  });

const exampleLine = ({ folder, component }: StageNames): Edit =>
  before(/^};\n(?![^]*^};)/m, `  '${folder}': stage('${component}', { question: 'Shall we go on?' }),\n`);

const specRow = ({ kind, folder, component }: StageNames, { service, asks }: Pick<Lists, 'service' | 'asks'>): Edit =>
  before(
    /^\n(?=A stage without a challenge)/m,
    `| [\`${kind}\`](#${folder}) | ${asks ? `\`${component}\`` : 'none'} | ${asks ? 'yes' : 'no'} | ${service} |\n`,
  );

const specSection =
  ({ title }: StageNames, asks: boolean): Edit =>
  (text) =>
    `${text}
## ${title}

${
  asks
    ? 'Shows `question` of its config (required) and takes `agreed`. True passes. False ends the flow with\n`Request has been denied.`'
    : 'Shows `text` of its config (required) as a toast and passes.'
}
`;

const differencesLine =
  ({ kind, folder, model }: StageNames): Edit =>
  (text, path) => {
    const line = `- \`${kind}\`, model \`${model}\`: [specification](../../spec/stages.md#${folder})\n`;
    const isFirst = !/## Own stages\n[^#]*\n- /.test(text);
    return before(/^\n(?=## Not supported)/m, isFirst ? `\n${line}` : line)(text, path);
  };

/** Returns the edit that inserts a text before the first match of a pattern. */
const before =
  (pattern: RegExp, inserted: string): Edit =>
  (text, path) => {
    const at = pattern.exec(text)?.index;
    if (at === undefined) throw new Error(`${path} does not have the form that new:stage expects: ${pattern}`);
    return `${text.slice(0, at)}${inserted}${text.slice(at)}`;
  };

interface Entry {
  /** Matches the whole list. */
  readonly block: RegExp;
  /** Matches one entry of the list. The first group is the entry's name. */
  readonly entry: RegExp;
  readonly name: string;
  readonly text: string;
}

/** Returns the edit that inserts an entry in alphabetical order of the names in a block. */
const inOrder =
  ({ block, entry, name, text: inserted }: Entry): Edit =>
  (text, path) => {
    const found = block.exec(text);
    if (!found) throw new Error(`${path} does not have the form that new:stage expects: ${block}`);
    const next = [...found[0].matchAll(entry)].find(([, other]) => other! > name);
    const at = found.index + (next?.index ?? found[0].length);
    return `${text.slice(0, at)}${inserted}${text.slice(at)}`;
  };
