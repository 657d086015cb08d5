import { Alert } from '../ui/alert.js';
import { ChangeList } from './change-list.js';
import type { FlowVersionsProps } from './flow-versions-props.js';

/** The form that compares two versions of a flow, and its result. */
export const ComparisonSection = ({ pageData, t }: FlowVersionsProps) => (
  <section id="comparison" aria-labelledby="comparison-heading">
    <h2 id="comparison-heading">{t('Compare versions')}</h2>
    {pageData.refused && (
      <div tabIndex={-1} autofocus>
        <Alert>{t('This flow does not have both of these versions.')}</Alert>
      </div>
    )}
    <ComparisonForm pageData={pageData} t={t} />
    <Result pageData={pageData} t={t} />
  </section>
);

function ComparisonForm({ pageData: { address, versions, selected }, t }: FlowVersionsProps) {
  const ends = [
    { name: 'from', label: t('From'), chosen: selected.from },
    { name: 'to', label: t('To'), chosen: selected.to },
  ] as const;
  return (
    <form method="get" action={address} class="comparison">
      {ends.map(({ name, label, chosen }) => (
        <div key={name} class="field">
          <label for={`comparison-${name}`}>{label}</label>
          <select id={`comparison-${name}`} name={name}>
            {versions.map(({ number }) => (
              <option key={number} value={number} selected={number === chosen}>
                {t('Version {number}', { number })}
              </option>
            ))}
          </select>
        </div>
      ))}
      <button class="plain">{t('Compare')}</button>
    </form>
  );
}

/** Shows the differences. Their heading has the focus when the page opens. */
function Result({ pageData: { comparison }, t }: FlowVersionsProps) {
  if (!comparison) return null;
  const { from, to, changes } = comparison;
  return (
    <>
      <h3 tabIndex={-1} autofocus>
        {t('From version {from} to version {to}', { from, to })}
      </h3>
      {changes.length === 0 ? <p>{t('Nothing differs.')}</p> : <ChangeList changes={changes} t={t} />}
    </>
  );
}
