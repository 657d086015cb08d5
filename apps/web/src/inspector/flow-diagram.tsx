import type { Translate } from '@gatehouse/texts/browser';
import type { RunStep } from './run.js';

/** The steps of a flow as a list, each with its state. The current step is highlighted. */
export const FlowDiagram = ({ steps, t }: { steps: readonly RunStep[]; t: Translate }) => (
  <ol class="picture-of-flow">
    {steps.map((step) => (
      <li key={step.step} class={step.state} aria-current={step.state === 'current' ? 'step' : undefined}>
        <span class="mark" aria-hidden="true">
          {MARKS[step.state]}
        </span>
        <div>
          <strong>{step.name}</strong>
          <div class="hint">{[step.kind, stateIn(step, t), ...numbersOf(step, t)].join(' · ')}</div>
          {step.verdict && <Verdict verdict={step.verdict} t={t} />}
        </div>
      </li>
    ))}
  </ol>
);

const MARKS = { passed: '✓', skipped: '↷', current: '●', planned: '○', left_out: '–', refused: '✕' } as const;

function stateIn({ state }: RunStep, t: Translate): string {
  switch (state) {
    case 'passed':
      return t('passed');
    case 'skipped':
      return t('skipped by its policies');
    case 'current':
      return t('current step');
    case 'planned':
      return t('to come');
    case 'left_out':
      return t('not part of this run');
    case 'refused':
      return t('the run ended here');
  }
}

const numbersOf = ({ policies, answers, ms }: RunStep, t: Translate): string[] => [
  ...(policies > 0 ? [t('policies: {policies}', { policies })] : []),
  ...(answers > 0 ? [t('answers: {answers}', { answers }), t('{ms} ms', { ms })] : []),
];

function Verdict({ verdict: { pass, messages }, t }: { verdict: NonNullable<RunStep['verdict']>; t: Translate }) {
  return (
    <div class="hint">
      {pass ? t('Its policies said yes.') : t('Its policies said no.')} {messages.join(' ')}
    </div>
  );
}
