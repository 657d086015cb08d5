import type { Translate } from '@gatehouse/texts/browser';
import { Moment } from '../ui/moment.js';
import { relativeTime } from '../ui/relative-time.js';
import type { FlowVersionRow } from './flow-versions.js';
import type { FlowVersionsProps } from './flow-versions-props.js';
import { VersionActions } from './version-actions.js';

/** Lists the versions of a flow, the newest first. */
export const VersionList = ({ pageData, t }: FlowVersionsProps) => (
  <ul class="sessions">
    {pageData.versions.map((version) => (
      <Version key={version.number} version={version} pageData={pageData} t={t} />
    ))}
  </ul>
);

function Version({ version, pageData, t }: FlowVersionsProps & { version: FlowVersionRow }) {
  const { number, created, published, origin } = version;
  return (
    <li>
      <div>
        <strong>{t('Version {number}', { number })}</strong> <span class="badge">{stateOf(version, t)}</span>
        {origin && (
          <div class="hint">
            <bdi>{origin}</bdi>
          </div>
        )}
      </div>
      <div class="hint">
        {created && (
          <div>
            {t('created')} <Time at={created} pageData={pageData} />
          </div>
        )}
        {published && (
          <div>
            {t('published')} <Time at={published} pageData={pageData} />
          </div>
        )}
      </div>
      <VersionActions version={version} pageData={pageData} t={t} />
    </li>
  );
}

function Time({ at, pageData: { locale, now } }: Pick<FlowVersionsProps, 'pageData'> & { at: string }) {
  const time = new Date(at);
  return (
    <Moment at={time} locale={locale}>
      {relativeTime(locale, time, now)}
    </Moment>
  );
}

function stateOf({ state, percent = 0 }: FlowVersionRow, t: Translate): string {
  if (state === 'candidate') return t('for {percent} % of the visitors', { percent });
  return { current: t('current'), draft: t('draft'), earlier: t('earlier') }[state];
}
