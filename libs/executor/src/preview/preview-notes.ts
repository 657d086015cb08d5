import { type Effect, maskByKey } from '@gatehouse/contracts';

/** Something that a real login would have caused. The preview shows it to the operator instead. */
export interface PreviewNote {
  /**
   * The type of the effect; `left_out` for a step whose stage was not called; `replaced` for a part of a step that
   * would have reached another system.
   */
  readonly what: Effect['type'] | 'left_out' | 'replaced';
  readonly details: Readonly<Record<string, unknown>>;
}

/** Collects what a request of a preview would have caused in a real login. */
export class PreviewNotes {
  private readonly collected: PreviewNote[] = [];

  get all(): readonly PreviewNote[] {
    return this.collected;
  }

  /** Notes effects, which the preview does not apply. */
  addEffects(effects: readonly Effect[]): void {
    this.collected.push(...effects.map((effect) => ({ what: effect.type, details: detailsOf(effect) })));
  }

  /** Notes a part of a step that the preview has replaced by something harmless. */
  addReplaced(details: PreviewNote['details']): void {
    this.collected.push({ what: 'replaced', details });
  }

  /** Notes a step whose stage the preview does not call. */
  addLeftOut(details: { readonly step: string; readonly kind: string }): void {
    this.collected.push({ what: 'left_out', details });
  }
}

/**
 * Returns the details of an effect that the operator may see: of a mail everything but the mail server's account, of
 * other effects everything but secrets.
 */
function detailsOf(effect: Effect): PreviewNote['details'] {
  switch (effect.type) {
    case 'mail': {
      const { to, subject, template, variables } = effect;
      return { to: to?.address ?? null, subject, template, variables };
    }
    case 'event':
      return { action: effect.action, context: maskByKey(effect.context) };
    case 'cookie':
      return { name: effect.name };
    case 'source_login':
      return { source: effect.source };
    case 'authorize':
      return {};
    default: {
      const { type: _type, ...details } = effect;
      return details;
    }
  }
}
