import { describe, expect, it } from 'vitest';
import type { FlowGraph } from './flow-graph.js';
import { listPaths } from './path-list.js';
import type { Fact } from './question.js';

const FACT: Fact = { question: { type: 'recent_login', answers: ['yes', 'no'] }, answer: 'yes' };

/** Returns a graph whose states form a chain. Each transition has `ways` alternatives of `facts` facts each. */
function chain(states: number, { ways, facts }: { readonly ways: number; readonly facts: number }): FlowGraph {
  const alternatives = Array.from({ length: ways }, () => Array.from({ length: facts }, () => FACT));
  const end = { alternatives: [[]], visits: [], to: { type: 'done' as const } };
  const nodes = Array.from({ length: states }, (_, i) => ({
    state: undefined,
    edges: i === states - 1 ? [end] : [end, { alternatives, visits: [], to: i + 1 }],
  }));
  return { nodes, isComplete: true };
}

describe('the list of paths', () => {
  it('has at most 20 combinations of facts for a transition, and the number of the others', () => {
    const edgesOf = (ways: number) => listPaths(chain(2, { ways, facts: 1 }), 10).paths.at(-1)!.edges;
    expect(edgesOf(20)[0]).toEqual({ alternatives: Array.from({ length: 20 }, () => [FACT]), visits: [] });
    expect(edgesOf(23)[0]).toMatchObject({ more: 3 });
    expect(edgesOf(23)[0]!.alternatives).toHaveLength(20);
  });

  it('ends after 100 facts for each allowed path, and is marked incomplete', () => {
    const sizeOf = (graph: FlowGraph) => {
      const { paths, isComplete } = listPaths(graph, 1000);
      return { paths: paths.length, isComplete };
    };
    expect(sizeOf(chain(10, { ways: 20, facts: 10 }))).toEqual({ paths: 10, isComplete: true });
    const { paths, isComplete } = sizeOf(chain(500, { ways: 20, facts: 10 }));
    expect(isComplete).toBe(false);
    expect(paths).toBeLessThan(40);
  });
});
