import type { Translate } from '@gatehouse/texts/browser';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { Envelope } from '../challenges/envelope.js';
import { componentFor } from '../challenges/table.js';
import type { FlowPageData } from '../page.js';
import { Notice } from '../ui/alert.js';
import { BusyIndicator } from '../ui/button.js';
import { Frame } from '../ui/frame.js';
import { headingOf } from './heading.js';
import { PageProvider } from './page.context.js';
import { UnavailableNotice } from './unavailable-notice.js';
import { useFlowVisit } from './use-flow-visit.js';
import { useInspector } from './use-inspector.js';

/** The page of a flow: the same on the server and in the browser. */
export function FlowPage({ opened, t }: { opened: FlowPageData; t: Translate }) {
  const { visit, answer, answerUnasked, ask, again } = useFlowVisit(opened);
  const busy = visit.phase === 'answering';
  const challenge = visit.challenge as Envelope;
  const Step = componentFor(challenge);
  const main = useFocus(visit.step, challenge);
  const heading = headingOf(challenge, { t, site: opened.brand.title });
  useDocumentTitle(heading, opened.brand.title);
  const inspector = useInspector(opened, { challenge: visit.challenge, t });
  const inspected = inspector.open;
  const { waits } = visit;
  const shared = { opened, t, busy, inspected, waits, answer, answerUnasked, ask, again };
  const page = useMemo(() => shared, [busy, inspected, waits]);
  return (
    <PageProvider value={page}>
      <Frame brand={opened.brand} layout={challenge.flow_info?.layout ?? opened.brand.layout}>
        <main ref={main} aria-busy={busy || undefined}>
          <h1 tabIndex={-1}>{heading}</h1>
          {visit.expired && <Notice>{t('This page was open for too long, so the steps begin again.')}</Notice>}
          {visit.away && <UnavailableNotice away={visit.away} retry={again} />}
          {!(visit.away && challenge.component === 'ak-stage-flow-error') && (
            <Step key={visit.step} challenge={challenge} />
          )}
          <BusyIndicator />
        </main>
      </Frame>
      {inspector.panel}
    </PageProvider>
  );
}

/** Sets the title of the document: the heading of the step, then the title of the brand. */
function useDocumentTitle(heading: string, brandTitle: string) {
  useEffect(() => {
    document.title = heading === brandTitle ? heading : `${heading} - ${brandTitle}`;
  }, [heading]);
}

/** After each answer the focus goes to what is wrong, else to where somebody types, else to what is new. */
function useFocus(step: number, challenge: Envelope) {
  const main = useRef<HTMLElement>(null);
  const opening = useRef(true);
  useEffect(() => {
    // A page that opens says itself where to begin, and somebody may be typing already.
    if (!opening.current)
      TARGETS.map((target) => main.current?.querySelector<HTMLElement>(target))
        .find(Boolean)
        ?.focus();
    opening.current = false;
  }, [step, challenge]);
  return main;
}

const TARGETS = ['[aria-invalid] input, [aria-invalid]:not(fieldset)', '[autofocus]', 'h1'];
