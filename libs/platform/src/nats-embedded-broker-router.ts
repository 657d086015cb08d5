import type { Publication } from './nats-embedded-broker-parser.js';

/** Whoever subscribes. */
export interface Receiver {
  /** Whether it wants to hear what it publishes itself. */
  readonly echo: boolean;
  deliver(subscription: Subscription, message: Publication): void;
}

/** What one client listens to. */
export interface Subscription {
  readonly receiver: Receiver;
  readonly sid: string;
  readonly subject: string;
  /** Of those in one queue only one gets a message. */
  readonly queue: string | undefined;
}

interface Node {
  readonly children: Map<string, Node>;
  readonly here: Set<Subscription>;
}

const newNode = (): Node => ({ children: new Map(), here: new Set() });

const isWildcard = (token: string) => token === '*' || token === '>';

/** Whether one can subscribe to `subject`: no token is empty, and `>` comes last. */
export const isSubject = (subject: string) =>
  subject.split('.').every((token, i, { length }) => token !== '' && (token !== '>' || i === length - 1));

/** Whether one can publish to `subject`: it has no wildcard. */
export const isLiteral = (subject: string) => subject.split('.').every((token) => token !== '' && !isWildcard(token));

/** Who hears what: a tree of the tokens that are subscribed to. */
export class Router {
  private readonly root = newNode();

  /** `pick` chooses one of `count` members of a queue. */
  constructor(private readonly pick: (count: number) => number = (count) => Math.floor(Math.random() * count)) {}

  add(subscription: Subscription): void {
    let node = this.root;
    for (const token of subscription.subject.split('.')) {
      let child = node.children.get(token);
      if (!child) node.children.set(token, (child = newNode()));
      node = child;
    }
    node.here.add(subscription);
  }

  remove(subscription: Subscription): void {
    const path: { readonly parent: Node; readonly token: string; readonly node: Node }[] = [];
    let parent = this.root;
    for (const token of subscription.subject.split('.')) {
      const node = parent.children.get(token);
      if (!node) return;
      path.push({ parent, token, node });
      parent = node;
    }
    parent.here.delete(subscription);
    for (const { parent: above, token, node } of path.reverse()) {
      if (node.here.size + node.children.size > 0) return;
      above.children.delete(token);
    }
  }

  /** Delivers a message; whether anybody was there to get it. */
  publish(message: Publication, from: Receiver): boolean {
    const alone: Subscription[] = [];
    const queues = new Map<string, Subscription[]>();
    for (const subscription of this.matching(message.subject)) {
      const { receiver, queue } = subscription;
      if (receiver === from && !from.echo) continue;
      if (queue === undefined) alone.push(subscription);
      else if (!queues.get(queue)?.push(subscription)) queues.set(queue, [subscription]);
    }
    for (const members of queues.values()) alone.push(members[this.pick(members.length)]!);
    for (const subscription of alone) subscription.receiver.deliver(subscription, message);
    return alone.length > 0;
  }

  /** A subscription by which `receiver` hears of `subject`. */
  find(subject: string, receiver: Receiver): Subscription | undefined {
    return this.matching(subject).find((subscription) => subscription.receiver === receiver);
  }

  /** The subscriptions that a message to `subject` is for. */
  private matching(subject: string): Subscription[] {
    const found: Subscription[] = [];
    let level = [this.root];
    for (const token of subject.split('.')) {
      const next: Node[] = [];
      for (const { children } of level) {
        for (const subscription of children.get('>')?.here ?? []) found.push(subscription);
        const exact = isWildcard(token) ? undefined : children.get(token);
        const any = children.get('*');
        if (exact) next.push(exact);
        if (any) next.push(any);
      }
      level = next;
    }
    for (const { here } of level) for (const subscription of here) found.push(subscription);
    return found;
  }
}
