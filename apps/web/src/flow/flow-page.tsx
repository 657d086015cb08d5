import type { Translate } from '@gatehouse/texts/browser';
import { useMemo, useRef } from 'preact/hooks';
import type { Envelope } from '../challenges/envelope.js';
import { componentFor } from '../challenges/table.js';
import type { FlowPageData } from '../page.js';
import { Notice } from '../ui/alert.js';
import { BusyIndicator } from '../ui/busy-indicator.js';
import { Frame } from '../ui/frame.js';
import { languageMenuOf } from '../ui/language-menu.js';
import { PageProvider, usePage } from './page.context.js';
import { PreviewBanner, PreviewPanel } from './preview-panel.js';
import { UnavailableNotice } from './unavailable-notice.js';
import { useFlowVisit } from './use-flow-visit.js';
import { useFocus } from './use-focus.js';
import { useInspector } from './use-inspector.js';
import { useStepHeading } from './use-step-heading.js';
import type { Visit } from './visit.js';

/** The page of a flow, rendered on the server and hydrated in the browser. */
export function FlowPage({ pageData: received, t }: { pageData: FlowPageData; t: Translate }) {
  const { visit, followLink, ...senders } = useFlowVisit(received);
  const pageData = { ...received, address: visit.address };
  const busy = visit.phase === 'sending';
  const challenge = visit.challenge as Envelope;
  const { brand, preview } = pageData;
  const { heading, partHeading, setHeading, ...look } = useStepHeading(challenge, { t, site: brand.title });
  const main = useFocus({ step: visit.step, challenge, partHeading });
  const inspector = useInspector(pageData, { challenge: visit.challenge, t });
  // A preview never follows a redirect by itself.
  const inspected = preview ? true : inspector.open;
  const pressed = useRef<HTMLButtonElement>(null);
  const { awaitsAction } = visit;
  const shared = { pageData, t, busy, pressed, inspected, awaitsAction, setHeading, ...senders };
  const page = useMemo(() => shared, [busy, inspected, awaitsAction]);
  return (
    <PageProvider value={page}>
      <Frame brand={brand} {...look} layout={look.layout ?? brand.layout} menu={languageMenuOf({ pageData, t })}>
        <main ref={main} aria-busy={busy || undefined}>
          {preview && <PreviewBanner preview={preview} t={t} />}
          <h1 tabIndex={-1}>{heading}</h1>
          <StepContent visit={visit} />
        </main>
        {/* Outside of <main>, because screen readers may announce nothing in an element that is busy. */}
        <BusyIndicator />
      </Frame>
      {inspector.panel}
      {preview && <PreviewPanel {...{ preview, challenge: visit.challenge, t, followLink }} />}
    </PageProvider>
  );
}

function StepContent({ visit: { challenge, step, expired, interrupted, unavailable } }: { visit: Visit }) {
  const { t, refetch } = usePage();
  const Step = componentFor(challenge as Envelope);
  const isHidden = unavailable !== undefined && challenge.component === 'ak-stage-flow-error';
  return (
    <>
      {expired && <Notice>{t('This page was open for too long, so the steps begin again.')}</Notice>}
      {interrupted && !expired && !unavailable && (
        <Notice>{t('The connection was interrupted. Please go on with this step.')}</Notice>
      )}
      {unavailable && <UnavailableNotice unavailable={unavailable} keepsInput={!isHidden} retry={refetch} />}
      {!isHidden && <Step key={step} challenge={challenge as Envelope} />}
    </>
  );
}
