import { usePage } from './page.context.js';
import { MAX_AUTOMATIC_RETRIES, type Unavailable } from './visit.js';

/** Says that nothing came back, and what happens now. */
export function UnavailableNotice({ away, retry }: { away: Unavailable; retry: () => void }) {
  const { t } = usePage();
  const goesOn = away.tries <= MAX_AUTOMATIC_RETRIES;
  return (
    <div class="notice" role="status">
      <p>
        {away.why === 'network'
          ? t('There is no connection at the moment.')
          : t('This service cannot be reached at the moment.')}{' '}
        {goesOn ? t('We try again by ourselves, and nothing that you typed is lost.') : t('Please try again later.')}
      </p>
      {!goesOn && (
        <button type="button" class="plain" onClick={retry}>
          {t('Try again')}
        </button>
      )}
    </div>
  );
}
