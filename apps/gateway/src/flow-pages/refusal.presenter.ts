import { type Problem, problems } from '@gatehouse/contracts';
import type { Translate } from '@gatehouse/texts';
import type { FlowChangeData } from '@gatehouse/web';

type Refusal = NonNullable<FlowChangeData['refused']>;

/** Returns a problem in the language of the page, with the detail of the service if it has one. */
export function presentRefusal({ code, detail }: Problem, translate: Translate): Refusal {
  const { detail: general } = problems[code];
  const isGeneral = detail.text === general;
  return { code, message: translate(general), ...(!isGeneral && { detail: translate(detail.text, detail.params) }) };
}
