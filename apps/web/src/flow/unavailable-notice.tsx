import { usePage } from './page.context.js';
import { MAX_AUTOMATIC_RETRIES, type Unavailable } from './visit.js';

/** Tells the visitor that the service is unavailable, and whether the page retries automatically. */
export function UnavailableNotice({ unavailable, retry }: { unavailable: Unavailable; retry: () => void }) {
  const { t } = usePage();
  const isRetrying = unavailable.tries <= MAX_AUTOMATIC_RETRIES;
  return (
    <div class="notice" role="status">
      <p>
        {unavailable.reason === 'network'
          ? t('There is no connection at the moment.')
          : t('This service cannot be reached at the moment.')}{' '}
        {isRetrying
          ? t('We try again by ourselves, and nothing that you typed is lost.')
          : t('Please try again later.')}
      </p>
      {!isRetrying && (
        <button type="button" class="plain" onClick={retry}>
          {t('Try again')}
        </button>
      )}
    </div>
  );
}
