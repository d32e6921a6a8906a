export default function NotebookPage() {
  return null;
}
