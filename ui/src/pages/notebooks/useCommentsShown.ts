/** Whether the comments on the notebook are shown, which the address says, so that a notice can link to them. */
import { useCallback } from 'react';
import { useSearchParams } from 'react-router';

const KEY = 'comments';

export function useCommentsShown(): [boolean, (shown: boolean) => void] {
  const [search, setSearch] = useSearchParams();
  const show = useCallback(
    (shown: boolean) =>
      setSearch(
        (old) => {
          if (shown) old.set(KEY, 'open');
          else old.delete(KEY);
          return old;
        },
        { replace: true },
      ),
    [setSearch],
  );
  return [search.get(KEY) === 'open', show];
}
