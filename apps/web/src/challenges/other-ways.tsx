import { usePage } from '../flow/page.context.js';
import { FactorIcon } from '../ui/factor-icon.js';
import { type Source, SourceButtons } from './sources.js';

interface Props {
  /** URL of the flow that logs in with a passkey. */
  readonly passkeyUrl: string | undefined;
  /** Logs in with a passkey on this page. Undefined if the step accepts none. */
  readonly usePasskey: (() => void) | undefined;
  readonly sources: readonly Source[];
  /** Whether buttons of sources show the source's name beside its icon. */
  readonly labels: boolean;
  /** Whether these are the only ways to log in. */
  readonly alone: boolean;
  readonly choose: (source: Source) => void;
}

/** The ways to log in without typing a name: a passkey, then the sources. */
export function OtherWays({ passkeyUrl, usePasskey, sources, labels, alone, choose }: Props) {
  const { t } = usePage();
  if (!passkeyUrl && !usePasskey && sources.length === 0) return null;
  return (
    <div class="ways">
      {!alone && <p class="or">{t('or')}</p>}
      {passkeyUrl && (
        <a class="plain" href={passkeyUrl}>
          <FactorIcon of="webauthn" />
          {t('Use a passkey or security key')}
        </a>
      )}
      {usePasskey && !passkeyUrl && (
        <button type="button" class="plain scripted" onClick={usePasskey}>
          <FactorIcon of="webauthn" />
          {t('Use a passkey or security key')}
        </button>
      )}
      {sources.length > 0 && <SourceButtons sources={sources} labels={labels} choose={choose} />}
    </div>
  );
}
