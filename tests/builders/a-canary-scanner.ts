/** One text to look for, and whom it betrays. */
export interface Pattern<T> {
  readonly text: string;
  readonly of: T;
}

const ALPHABET = 128;

/** Finds any of many texts in one pass (Aho and Corasick, 1975). Only ASCII is looked for; any other character starts anew. */
export class Scanner<T> {
  private readonly next: Int32Array;
  private readonly found: (T | undefined)[] = [undefined];
  /** The nearest shorter text that ends where this node does. */
  private readonly shorter: Int32Array;
  private nodes = 1;

  constructor(patterns: readonly Pattern<T>[]) {
    const most = 1 + patterns.reduce((sum, { text }) => sum + text.length, 0);
    this.next = new Int32Array(most * ALPHABET);
    this.shorter = new Int32Array(most);
    for (const pattern of patterns) this.add(pattern);
    this.link();
  }

  /** Everything found, once each. */
  scan(text: string): Set<T> {
    const hits = new Set<T>();
    let node = 0;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      node = code < ALPHABET ? this.step(node, code) : 0;
      for (let end = node; end > 0; end = this.shorter[end] as number) {
        const of = this.found[end];
        if (of !== undefined) hits.add(of);
      }
    }
    return hits;
  }

  private step = (node: number, code: number): number => this.next[node * ALPHABET + code] as number;

  private add({ text, of }: Pattern<T>): void {
    let node = 0;
    for (const character of text) {
      const slot = node * ALPHABET + character.charCodeAt(0);
      if (this.next[slot] === 0) {
        this.next[slot] = this.nodes;
        this.found[this.nodes] = undefined;
        this.nodes += 1;
      }
      node = this.next[slot] as number;
    }
    this.found[node] = of;
  }

  /** Breadth first: where to go on when a text breaks off, and which shorter texts end there as well. */
  private link(): void {
    const fail = new Int32Array(this.nodes);
    const queue: number[] = [];
    for (let code = 0; code < ALPHABET; code += 1) if (this.step(0, code)) queue.push(this.step(0, code));
    for (let at = 0; at < queue.length; at += 1) {
      const node = queue[at] as number;
      const back = fail[node] as number;
      this.shorter[node] = this.found[back] === undefined ? (this.shorter[back] as number) : back;
      for (let code = 0; code < ALPHABET; code += 1) {
        const child = this.step(node, code);
        if (child) {
          fail[child] = this.step(back, code);
          queue.push(child);
        } else this.next[node * ALPHABET + code] = this.step(back, code);
      }
    }
  }
}
