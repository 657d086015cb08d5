import type { StageContract } from '@gatehouse/contracts';
import type { LintRemark } from './flow-rules.js';
import type { LintDraft } from './lint-draft.js';

/** Returns a remark for each stage that no visitor can pass, in whatever flow it is bound. */
export const stageRemarks = (draft: LintDraft, contracts: ReadonlyMap<string, StageContract>): LintRemark[] =>
  [...contracts].flatMap(([model, { refuses_all }]) =>
    [...draft.objectsOf(model)].flatMap(({ id, values }) => {
      const reason = refuses_all(values);
      const text = `the stage ${String(values['name'])} refuses every answer: ${reason}`;
      return reason === undefined ? [] : [{ rule: 'stage-refuses-all' as const, objectId: id, text }];
    }),
  );
