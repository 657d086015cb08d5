import { useEffect, useState } from 'preact/hooks';
import type { Envelope } from '../challenges/envelope.js';
import { documentTitleOf, type HeadingOptions, headingOf, titleOf } from './heading.js';

/**
 * Returns the heading of the shown step and the title of its flow, and sets the title of the document. The title is empty
 * if the heading repeats it, and undefined if the flow has no title but the name of the site.
 */
export function useStepHeading(challenge: Envelope, options: HeadingOptions) {
  const [partHeading, setHeading] = useState<string>();
  const heading = partHeading ?? headingOf(challenge, options);
  const title = titleOf(challenge);
  const flowTitle = title === heading ? '' : title;
  useEffect(() => {
    document.title = documentTitleOf(heading, options.site);
  }, [heading]);
  return { heading, partHeading, setHeading, flowTitle: title === options.site ? undefined : flowTitle };
}
