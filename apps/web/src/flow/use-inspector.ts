import type { Translate } from '@gatehouse/texts/browser';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { Challenge, FlowPageData } from '../page.js';

/** Whether the address of a page asks to see how the flow runs. */
export const asksToInspect = ({ address }: FlowPageData): boolean =>
  new URLSearchParams(address.split('?', 2)[1]).has('inspector');

/** What the inspector shows beside a flow. */
export interface Inspector {
  readonly panel: ComponentChildren;
  /** Whether somebody looks on; undefined until it is known of this challenge. */
  readonly open: boolean | undefined;
}

interface InspectorPanel {
  readonly challenge: Challenge;
  readonly panel: ComponentChildren;
}

/** Looks at the run anew with every challenge, where the address asks for that; whoever may not look sees nothing of it. */
export function useInspector(
  opened: FlowPageData,
  { challenge, t }: { challenge: Challenge; t: Translate },
): Inspector {
  const asked = asksToInspect(opened);
  const [seen, see] = useState<InspectorPanel>();
  useEffect(() => {
    if (!asked) return undefined;
    let left = false;
    void inspect(opened.slug, t).then((panel) => left || see({ challenge, panel }));
    return () => {
      left = true;
    };
  }, [challenge]);
  const open = seen?.challenge === challenge ? seen.panel !== undefined : undefined;
  return { panel: seen?.panel, open: asked && open };
}

async function inspect(slug: string, t: Translate): Promise<ComponentChildren> {
  try {
    const { inspectorOf } = await import('../inspector/inspector.js');
    return await inspectorOf(slug, t);
  } catch {
    // Whoever cannot be shown how it runs goes on like everybody else.
    return undefined;
  }
}
