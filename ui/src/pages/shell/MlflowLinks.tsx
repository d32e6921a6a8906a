/** Opens the links that MLflow's clients print; shows nothing itself. */
import { useEffect } from 'react';
import { useLocation, useNavigate } from 'react-router';
import { mlflowTarget } from '../../lib/mlflowLink';
import { replacePage } from '../../lib/pathPrefix';

export function MlflowLinks() {
  const { pathname, hash } = useLocation();
  const navigate = useNavigate();
  const target = mlflowTarget(pathname, hash);
  useEffect(() => {
    if (target === null) return;
    if (target.startsWith('/workspaces/')) void navigate(target, { replace: true });
    else replacePage(target);
  }, [navigate, target]);
  return null;
}
