// Messages between the windows of one browser, so that an exam that ends in one window ends in all.

export type News = 'ended' | 'changed';

interface Message {
  from: string;
  news: News;
}

const me = `${Date.now()}-${Math.random()}`;

function channel(attemptId: number | string): BroadcastChannel | null {
  return typeof BroadcastChannel === 'function' ? new BroadcastChannel(`px-exam-${attemptId}`) : null;
}

/** The attempt's id at the end of an address of the interface; '' where there is none. */
export function attemptIn(url: string): string {
  return /\/attempt\/(\d+)(?:[/?]|$)/.exec(url)?.[1] ?? '';
}

/** Notify the other windows; without BroadcastChannel they learn it from the server at their next poll. */
export function tell(attemptId: number | string, news: News): void {
  if (attemptId === '') return;
  const open = channel(attemptId);
  open?.postMessage({ from: me, news } satisfies Message);
  open?.close();
}

/** Listen for changes by other windows; returns a function that stops this. */
export function listen(attemptId: number | string, hear: (news: News) => void): () => void {
  const open = attemptId === '' ? null : channel(attemptId);
  if (open) {
    open.onmessage = (event: MessageEvent<Message>) => {
      if (event.data?.from !== me) hear(event.data?.news);
    };
  }
  return () => open?.close();
}
