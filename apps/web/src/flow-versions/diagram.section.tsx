import { LOCALES, type Translate } from '@gatehouse/texts/browser';
import { Alert, Notice } from '../ui/alert.js';
import { DiagramPicture } from './diagram-picture.js';
import { DiagramTable } from './diagram-table.js';
import type { VersionDiagram, VersionNumbers } from './flow-diagram.js';
import type { FlowVersionsProps } from './flow-versions-props.js';

/** Periods that the form offers. The address accepts others. */
const PERIODS = ['1d', '7d', '30d'];

/** The diagram of a version with the numbers of a period, and a table with the same facts. */
export function DiagramSection({ pageData, t }: FlowVersionsProps) {
  const { diagram, locale } = pageData;
  const isShown = typeof diagram === 'object';
  const isMirrored = LOCALES.some((candidate) => candidate.locale === locale && candidate.direction === 'rtl');
  return (
    <section id="diagram" aria-labelledby="diagram-heading">
      <h2 id="diagram-heading">{t('Diagram and numbers')}</h2>
      {!isShown && (
        <div tabIndex={-1} autofocus>
          <Alert>{refusalText(diagram, t)}</Alert>
        </div>
      )}
      <DiagramForm pageData={pageData} t={t} />
      {isShown && (
        <>
          <Summary diagram={diagram} t={t} />
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrollable region must be reachable by keyboard */}
          <div class="scrolled" role="group" aria-labelledby="diagram-heading" tabIndex={0}>
            <DiagramPicture diagram={diagram} locale={locale} isMirrored={isMirrored} t={t} />
          </div>
          <details>
            <summary>{t('The diagram as a table')}</summary>
            <DiagramTable diagram={diagram} locale={locale} t={t} />
          </details>
        </>
      )}
    </section>
  );
}

function refusalText(refused: 'unknown_version' | 'unknown_format' | 'invalid_period', t: Translate): string {
  switch (refused) {
    case 'unknown_version':
      return t('This flow does not have this version.');
    case 'unknown_format':
      return t('This version has an unknown format. Apply its blueprint again.');
    case 'invalid_period':
      return t('The period must be a number of hours or days, such as 12h or 7d.');
  }
}

function DiagramForm({ pageData: { address, versions, shown, locale }, t }: FlowVersionsProps) {
  const periods = PERIODS.includes(shown.period) ? PERIODS : [shown.period, ...PERIODS];
  return (
    <form method="get" action={address} class="comparison">
      <div class="field">
        <label for="diagram-version">{t('Version')}</label>
        <select id="diagram-version" name="version">
          {versions.map(({ number }) => (
            <option key={number} value={number} selected={number === shown.version}>
              {t('Version {number}', { number })}
            </option>
          ))}
        </select>
      </div>
      <div class="field">
        <label for="diagram-period">{t('Period')}</label>
        <select id="diagram-period" name="since">
          {periods.map((period) => (
            <option key={period} value={period} selected={period === shown.period}>
              {periodText(period, locale)}
            </option>
          ))}
        </select>
      </div>
      <button class="plain">{t('Show')}</button>
    </form>
  );
}

function periodText(period: string, locale: string): string {
  const unit = period.endsWith('h') ? 'hour' : 'day';
  const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
  return format.format(Number.parseInt(period, 10));
}

/** Shows the outcomes of the visitors of the version, or why there are no numbers. */
function Summary({ diagram: { numbers, isOverdue }, t }: { diagram: VersionDiagram; t: Translate }) {
  if (isOverdue) return <Notice>{t('The records could not be counted in time. Choose a shorter period.')}</Notice>;
  if (!numbers) return <p class="hint">{t('No data: no visit of this version has ended in the period.')}</p>;
  return (
    <ul class="figures">
      {figuresOf(numbers, t).map((figure) => (
        <li key={figure}>{figure}</li>
      ))}
    </ul>
  );
}

const figuresOf = ({ begun, done, loggedIn, denied, left, counted }: VersionNumbers, t: Translate): string[] => [
  t('begun: {plans}', { plans: begun }),
  t('finished: {plans}', { plans: done }),
  t('of these logged in: {plans}', { plans: loggedIn }),
  t('denied: {plans}', { plans: denied }),
  t('left: {plans}', { plans: left }),
  ...(counted > 0 ? [t('without a record, in no step: {plans}', { plans: counted })] : []),
];
