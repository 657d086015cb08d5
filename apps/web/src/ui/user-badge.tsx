import type { Envelope } from '../challenges/envelope.js';
import { usePage } from '../flow/page.context.js';

/** Shows the pending user, with a link to log in as a different user. */
export function UserBadge({
  challenge: { pending_user: user, pending_user_avatar: avatar, flow_info },
}: {
  challenge: Envelope;
}) {
  const { t } = usePage();
  if (!user) return null;
  return (
    <div class="who">
      {avatar && <img src={avatar} alt="" width="40" height="40" />}
      <span class="name">{user}</span>
      {flow_info?.cancel_url && <a href={flow_info.cancel_url}>{t('Not you?')}</a>}
    </div>
  );
}

/** A hidden field with the username. Password managers need it to save the password for the right account. */
export const HiddenUsername = ({ challenge }: { challenge: Envelope }) =>
  challenge.pending_user ? (
    <input
      type="text"
      name="username"
      class="unseen"
      autocomplete="username"
      value={challenge.pending_user}
      tabIndex={-1}
      aria-hidden="true"
      readOnly
    />
  ) : null;
