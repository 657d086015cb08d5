import { formatDifference, type HeldFlow, isChanging, type PublishedFlow } from '../report.js';
import { describeChanges } from './difference-text.js';
import type { DraftReport } from './typeorm-drafts.js';
import type { DryRun } from './typeorm-dry-run.js';

/** Formats a dry run as text: what each file would create, change or remove, and what each flow would become. */
export function formatDryRun({ files, published, held, withdrawn, isChanged }: DryRun): string {
  const flows = [
    ...published.map((flow) => ({ ...flow, text: textOf(flow) })),
    ...held.map((flow) => ({ ...flow, text: heldText(flow) })),
  ];
  const lines = [
    ...files.flatMap(({ file, changes, warnings }) => [
      `${file}:${changes.some(isChanging) ? '' : ' no change'}`,
      ...changes.filter(isChanging).flatMap(formatDifference),
      ...warnings.map((warning) => `  warning: ${warning}`),
    ]),
    ...flows.flatMap(({ text, changes }) => [text, ...describeChanges(changes).map((line) => `  ${line}`)]),
    ...withdrawn.map((slug) => `would withdraw ${slug}`),
  ];
  return [...lines, isChanged ? 'dry run: nothing was changed' : 'dry run: nothing would change'].join('\n');
}

function textOf({ slug, number, before, isNew }: PublishedFlow): string {
  if (before === null) return `would publish ${slug} (version ${number}), a new flow`;
  return `would publish ${slug} (${isNew ? 'new' : 'earlier'} version ${number}) in place of version ${before}`;
}

const heldText = ({ slug, number, current }: HeldFlow): string =>
  `would compile ${slug} (version ${number}) and not publish it, because ${slug} is held at version ${current}`;

const STATES = { current: 'which is current', draft: 'an existing draft', earlier: 'which was published before' };

/** Formats the report of a draft as text: a line for each draft, and for each change that no draft contains. */
export function formatDraftReport({ drafts, leftOut }: DraftReport): string {
  const lines = drafts.map(({ slug, number, current, isNew, state }) =>
    isNew
      ? `drafted ${slug} (version ${number}). Compare: npm run flow -- diff ${slug} ${current} ${number}. Publish: npm run flow -- publish ${slug} ${number}`
      : `${slug} would equal version ${number}, ${STATES[state]}`,
  );
  return [
    ...(lines.length > 0 ? lines : ['no flow would change, so there is no draft']),
    ...leftOut.map(
      ({ outcome, model, name }) => `not part of a draft: ${[outcome, model, name].filter(Boolean).join(' ')}`,
    ),
  ].join('\n');
}
