import { useEffect, useRef, useState } from 'preact/hooks';
import { usePage } from '../flow/page.context.js';
import { Alert } from '../ui/alert.js';
import { Button } from '../ui/button.js';

/** The captcha of a challenge. */
export interface CaptchaOptions {
  readonly site_key: string;
  readonly js_url: string;
  readonly action?: string | undefined;
  /** Whether the visitor must act in the widget of the provider. */
  readonly interactive?: boolean;
}

interface CaptchaWidgetProps {
  readonly captcha: CaptchaOptions;
  readonly onSolved: (token: string) => void;
  /** Whether the last answer was refused. The next captcha then runs only after a click, because it may solve itself. */
  readonly waits?: boolean;
  /** Called to replace a failed captcha. By default the whole step is shown again. */
  readonly onRetry?: () => void;
}

/** The container that a captcha provider renders into, with an error message and a retry button. */
export function CaptchaWidget({ captcha, onSolved, waits = false, onRetry }: CaptchaWidgetProps) {
  const { t, refetch } = usePage();
  const { container, failed } = useCaptcha(captcha, onSolved, waits);
  return (
    <>
      {failed && <Alert>{t('The check could not be carried out.')}</Alert>}
      <p role="status">{!failed && !waits && !captcha.interactive && t('We are checking that you are no robot.')}</p>
      <div class="puzzle" ref={container} />
      {(failed || waits) && (
        <Button type="button" onClick={onRetry ?? refetch}>
          {t('Try again')}
        </Button>
      )}
    </>
  );
}

/**
 * Runs the captcha in a container. Returns the ref of the container, and whether the captcha failed. Ignores callbacks
 * of the provider when the captcha is no longer shown. Does nothing while `waits` is true.
 */
function useCaptcha(captcha: CaptchaOptions, onSolved: (token: string) => void, waits: boolean) {
  const container = useRef<HTMLDivElement>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    setFailed(false);
    if (waits) return undefined;
    let isShown = true;
    const { js_url: script, site_key: siteKey, action, interactive = false } = captcha;
    const run = {
      ...{ script, siteKey, action, interactive },
      onSolved: (token: string) => isShown && onSolved(token),
      onFailed: () => isShown && setFailed(true),
    };
    void import('../flow/captcha-script.js')
      .then(({ runCaptcha }) => container.current && runCaptcha({ ...run, container: container.current }))
      .catch(run.onFailed);
    return () => {
      isShown = false;
    };
  }, [captcha, waits]);
  return { container, failed };
}
