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

/** The page of a flow, rendered on the server and hydrated in the browser. */
export function FlowPage({ pageData, t }: { pageData: FlowPageData; t: Translate }) {
  const { visit, answer, answerAutomatically, sendRequest, refetch } = useFlowVisit(pageData);
  const busy = visit.phase === 'sending';
  const challenge = visit.challenge as Envelope;
  const Step = componentFor(challenge);
  const main = useFocus(visit.step, challenge);
  const heading = headingOf(challenge, { t, site: pageData.brand.title });
  useDocumentTitle(heading, pageData.brand.title);
  const inspector = useInspector(pageData, { challenge: visit.challenge, t });
  const inspected = inspector.open;
  const { awaitsAction } = visit;
  const shared = { pageData, t, busy, inspected, awaitsAction, answer, answerAutomatically, sendRequest, refetch };
  const page = useMemo(() => shared, [busy, inspected, awaitsAction]);
  return (
    <PageProvider value={page}>
      <Frame brand={pageData.brand} layout={challenge.flow_info?.layout ?? pageData.brand.layout}>
        <main ref={main} aria-busy={busy || undefined}>
          <h1 tabIndex={-1}>{heading}</h1>
          {visit.expired && <Notice>{t('This page was open for too long, so the steps begin again.')}</Notice>}
          {visit.unavailable && <UnavailableNotice unavailable={visit.unavailable} retry={refetch} />}
          {!(visit.unavailable && challenge.component === 'ak-stage-flow-error') && (
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

/** Moves the focus after each answer: to the first invalid field, else to the first field, else to the heading. */
function useFocus(step: number, challenge: Envelope) {
  const main = useRef<HTMLElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // Do not move the focus at the first step: it uses `autofocus`, and the visitor may be typing already.
    if (!isFirst.current)
      FOCUS_TARGETS.map((target) => main.current?.querySelector<HTMLElement>(target))
        .find(Boolean)
        ?.focus();
    isFirst.current = false;
  }, [step, challenge]);
  return main;
}

const FOCUS_TARGETS = ['[aria-invalid] input, [aria-invalid]:not(fieldset)', '[autofocus]', 'h1'];
