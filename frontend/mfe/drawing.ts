// The host's React, as far as the component uses it, and a button in the host's style.

type Child = unknown;
export type Element = object;

/** The used part of React; every version since 16.8 has it. */
export interface ReactLike {
  createElement: (type: unknown, props: object | null, ...children: Child[]) => Element;
  useEffect: (effect: () => void | (() => void), on: unknown[]) => void;
  useRef: <T>(value: T) => { current: T };
  useState: <T>(value: T) => [T, (value: T) => void];
}

export function button({ createElement }: ReactLike, text: string, onClick: () => void, autoFocus = false): Element {
  return createElement('button', { type: 'button', className: 'btn btn-outline-primary btn-sm', onClick, key: text, autoFocus }, text);
}
