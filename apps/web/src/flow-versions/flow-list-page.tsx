import type { Translate } from '@gatehouse/texts/browser';
import type { FlowListPageData } from '../page.js';
import { Notice } from '../ui/alert.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import type { ListedFlow } from './flow-versions.js';

interface Props {
  readonly pageData: FlowListPageData;
  readonly t: Translate;
}

/** Returns the heading of the page that lists the flows. */
export const flowListHeading = (t: Translate): string => t('Flows');

/** The page that lists the flows. It needs no JavaScript. */
export const FlowListPage = ({ pageData, t }: Props) => (
  <Frame brand={pageData.brand} menu={languageMenuOf({ pageData, t })} wide>
    <main>
      <h1>{flowListHeading(t)}</h1>
      {!pageData.completions && <Notice>{t('The visits of the last day could not be counted in time.')}</Notice>}
      {pageData.flows.length === 0 && <p class="hint">{t('There is no flow.')}</p>}
      <ul class="sessions">
        {pageData.flows.map((flow) => (
          <Flow key={flow.slug} flow={flow} pageData={pageData} t={t} />
        ))}
      </ul>
    </main>
  </Frame>
);

function Flow({ flow, pageData, t }: Props & { flow: ListedFlow }) {
  const { address, completions } = pageData;
  const { slug, title, designation, version, drafts, candidate } = flow;
  return (
    <li>
      <div>
        <a class="entry" href={`${address}${slug}/`}>
          <bdi>{title || slug}</bdi>
        </a>
        <div class="hint">
          <bdi>{slug}</bdi>
          {' · '}
          <bdi>{designation}</bdi>
        </div>
      </div>
      <div class="hint">
        <div>{t('Version {number}', { number: version })}</div>
        {candidate && <div>{t('Version {version} for {percent} % of the visitors', candidate)}</div>}
        {drafts > 0 && <div>{t('Newer drafts: {drafts}', { drafts })}</div>}
        {completions && <Completion counts={countsOf(slug, completions)} pageData={pageData} t={t} />}
      </div>
    </li>
  );
}

/** Returns the counts of a flow. Ignores inherited members, because a slug may be `constructor`. */
const countsOf = (slug: string, completions: NonNullable<FlowListPageData['completions']>) =>
  Object.hasOwn(completions, slug) ? completions[slug] : undefined;

/** The share of the answered visits of the last day that were finished. */
function Completion({
  counts,
  pageData,
  t,
}: Props & { counts: { readonly ended: number; readonly done: number } | undefined }) {
  if (!counts) return <div>{t('Last day: no data')}</div>;
  const percent = new Intl.NumberFormat(pageData.locale, { style: 'percent', maximumFractionDigits: 1 });
  const share = percent.format(counts.done / counts.ended);
  return <div>{t('Last day: {share} of {plans} finished', { share, plans: counts.ended })}</div>;
}
