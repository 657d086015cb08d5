import { type Effect, maskByKey } from '@gatehouse/contracts';

/** Something that a login would have caused, and that a preview shows to the operator. */
export interface PreviewNote {
  /**
   * The type of the effect, `left_out` for a step whose stage was not asked, or `replaced` for a part of a step that would
   * reach another system.
   */
  readonly what: Effect['type'] | 'left_out' | 'replaced';
  readonly details: Readonly<Record<string, unknown>>;
}

/** Collects what a request of a preview would have caused. */
export class PreviewNotes {
  private readonly collected: PreviewNote[] = [];

  get all(): readonly PreviewNote[] {
    return this.collected;
  }

  /** Notes effects in place of performing them. */
  addEffects(effects: readonly Effect[]): void {
    this.collected.push(...effects.map((effect) => ({ what: effect.type, details: detailsOf(effect) })));
  }

  /** Notes a part of a step that previews replace. */
  addReplaced(details: PreviewNote['details']): void {
    this.collected.push({ what: 'replaced', details });
  }

  /** Notes a step whose stage is not asked in previews. */
  addLeftOut(details: { readonly step: string; readonly kind: string }): void {
    this.collected.push({ what: 'left_out', details });
  }
}

/** Returns what the operator sees of an effect: all of a mail but the account of its server, and no secret of others. */
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
