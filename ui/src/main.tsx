/** Entry point: load the texts of the user's language, then render the app. */
import './styles/tokens.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './App';
import { startLanguages } from './lib/i18n';

const root = document.getElementById('root');
if (root) {
  void startLanguages().then(() => {
    createRoot(root).render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  });
}
