// News between the windows of one browser: an exam that ends in one of them ends in all at once.

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

/** Tell the other windows; without BroadcastChannel they hear it from the server at their next poll. */
export function tell(attemptId: number | string, news: News): void {
  if (attemptId === '') return;
  const open = channel(attemptId);
  open?.postMessage({ from: me, news } satisfies Message);
  open?.close();
}

/** Hear what other windows do to the attempt; returns what ends this. */
export function listen(attemptId: number | string, hear: (news: News) => void): () => void {
  const open = attemptId === '' ? null : channel(attemptId);
  if (open) {
    open.onmessage = (event: MessageEvent<Message>) => {
      if (event.data?.from !== me) hear(event.data?.news);
    };
  }
  return () => open?.close();
}
