import type { Translate } from '@gatehouse/texts/browser';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Challenge, FlowPageData } from '../page.js';

/**
 * Returns whether the URL of the page requests the flow inspector. The value `available` requests nothing: the gateway
 * adds it to tell clients that the user may open the inspector.
 */
export function asksToInspect({ address }: FlowPageData): boolean {
  const value = new URLSearchParams(address.split('?').slice(1).join('?')).get('inspector');
  return value !== null && value !== 'available';
}

/** The flow inspector of a page. */
export interface Inspector {
  readonly panel: ComponentChildren;
  /** Whether the inspector is open. Undefined while the URL requests it and the run is not fetched yet. */
  readonly open: boolean | undefined;
}

interface InspectorPanel {
  readonly challenge: Challenge;
  readonly panel: ComponentChildren;
}

/** Fetches the run after each challenge, if the URL requests the inspector. Shows nothing without permission. */
export function useInspector(
  pageData: FlowPageData,
  { challenge, t }: { challenge: Challenge; t: Translate },
): Inspector {
  const isRequested = asksToInspect(pageData);
  const [state, setState] = useState<InspectorPanel>();
  useEffect(() => {
    if (!isRequested) return undefined;
    let isStale = false;
    void inspect(pageData, t).then((panel) => isStale || setState({ challenge, panel }));
    return () => {
      isStale = true;
    };
  }, [challenge]);
  const open = state?.challenge === challenge ? state.panel !== undefined : undefined;
  return { panel: state?.panel, open: isRequested && open };
}

async function inspect(pageData: FlowPageData, t: Translate): Promise<ComponentChildren> {
  try {
    const { inspectorOf } = await import('../inspector/inspector.js');
    return await inspectorOf(pageData, t);
  } catch {
    // If the inspector cannot be loaded, the flow continues without it.
    return undefined;
  }
}
