import type { Envelope } from '../challenges/envelope.js';
import { usePage } from '../flow/page.context.js';

/** The link by which the user refuses without logging out. */
export function RefusalLink({ challenge: { flow_info } }: { challenge: Envelope }) {
  const { t } = usePage();
  if (!flow_info?.cancel_url) return null;
  return (
    <ul class="links">
      <li>
        <a href={`${flow_info.cancel_url}?stay=1`}>{t('No, cancel')}</a>
      </li>
    </ul>
  );
}
