export default function ExperimentPage() {
  return null;
}
