import type { Translate } from '@gatehouse/texts/browser';
import type { ChangedField, VersionChange } from './flow-versions.js';

/** Lists the differences between two versions in words. */
export const ChangeList = ({ changes, t }: { changes: readonly VersionChange[]; t: Translate }) => (
  <ul class="changes">
    {changes.map((change) => (
      <li key={`${change.part} ${change.step} ${change.name} ${change.change}`}>
        <p>
          {partsIn(t)[change.part]}{' '}
          <strong>
            <bdi>{change.name}</bdi>
          </strong>
          {change.kind && <bdi> ({change.kind})</bdi>}
          {change.step && <bdi> · {t('step {step}', { step: change.step })}</bdi>}
          {': '}
          {verbOf(change, t)}
        </p>
        {change.fields.length > 0 && (
          <dl>
            {change.fields.map((field) => (
              <Field key={field.field} change={field} t={t} />
            ))}
          </dl>
        )}
      </li>
    ))}
  </ul>
);

function Field({ change: { field, secret, before, after }, t }: { change: ChangedField; t: Translate }) {
  return (
    <div>
      <dt>
        <bdi>{field}</bdi>
      </dt>
      {secret && <dd>{secretsIn(t)[secret]}</dd>}
      {before !== undefined && <Value label={t('before:')} text={before} />}
      {after !== undefined && <Value label={t('after:')} text={after} />}
    </div>
  );
}

const Value = ({ label, text }: { label: string; text: string }) => (
  <dd>
    {label} <code dir="ltr">{text}</code>
  </dd>
);

function verbOf({ change, position = {} }: VersionChange, t: Translate): string {
  const { before, after } = position;
  if (change === 'moved')
    return t('moved from position {before} to {after}', { before: before ?? 0, after: after ?? 0 });
  if (change === 'added' && after !== undefined) return t('added at position {position}', { position: after });
  if (change === 'removed' && before !== undefined) return t('removed from position {position}', { position: before });
  return { added: t('added'), removed: t('removed'), changed: t('changed') }[change];
}

const partsIn = (t: Translate): Readonly<Record<VersionChange['part'], string>> => ({
  flow: t('Flow'),
  step: t('Step'),
  'attached stage': t('Attached stage'),
  'companion stage': t('Companion stage'),
  condition: t('Condition'),
  policy: t('Policy'),
  'external stage': t('External stage'),
});

const secretsIn = (t: Translate): Readonly<Record<NonNullable<ChangedField['secret']>, string>> => ({
  added: t('The secret was added.'),
  removed: t('The secret was removed.'),
  changed: t('The secret has changed.'),
  'may have changed': t('The secret may have changed.'),
});
