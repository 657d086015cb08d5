import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Envelope } from '../challenges/envelope.js';
import { framedUrlsOf } from '../ui/background.js';
import { documentTitleOf, type HeadingOptions, headingOf, titleOf } from './heading.js';

/**
 * Returns the heading of the shown step, and the title, layout and framed background of its flow. Sets the title of the
 * document. The title of the flow is empty if the heading repeats it, and undefined if it is the name of the site.
 */
export function useStepHeading(challenge: Envelope, options: HeadingOptions) {
  const [partHeading, setHeading] = useState<string>();
  const heading = partHeading ?? headingOf(challenge, options);
  const flowInfo = useFlowInfo(challenge);
  const title = titleOf({ flow_info: flowInfo });
  const flowTitle = title === heading ? '' : title;
  // Screen readers announce the title with the new step, so both must change in the same frame.
  useLayoutEffect(() => {
    document.title = documentTitleOf(heading, options.site);
  }, [heading]);
  return {
    heading,
    partHeading,
    setHeading,
    flowTitle: title === options.site ? undefined : flowTitle,
    layout: flowInfo?.layout,
    framed: framedUrlsOf(flowInfo),
  };
}

/**
 * Returns the flow info of the challenge. Redirects and errors have none, so for these, returns the previous flow info.
 */
function useFlowInfo({ flow_info }: Envelope): Envelope['flow_info'] {
  const known = useRef(flow_info);
  known.current = flow_info ?? known.current;
  return known.current;
}
