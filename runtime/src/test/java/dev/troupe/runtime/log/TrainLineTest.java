package dev.troupe.runtime.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainLineTest {
  /** What Python's {@code f"{v:#.5g}"} and {@code f"{v:#g}"} print. */
  @ParameterizedTest
  @CsvSource({
    "1.0, 1.0000, 1.00000",
    "0.99999, 0.99999, 0.999990",
    "123456, 1.2346e+05, 123456.",
    "12345, 12345., 12345.0",
    "1234567, 1.2346e+06, 1.23457e+06",
    "0.00012345678, 0.00012346, 0.000123457",
    "9.9e-05, 9.9000e-05, 9.90000e-05",
    "0, 0.0000, 0.00000",
    "99999.5, 1.0000e+05, 99999.5",
    "NaN, nan, nan",
    "-3.14159, -3.1416, -3.14159"
  })
  void shouldFormatAsPythonDoes(double value, String five, String six) {
    assertThat(TrainLine.significant(value, 5)).isEqualTo(five);
    assertThat(TrainLine.significant(value, 6)).isEqualTo(six);
  }

  static StepMetrics step(long step, int epoch, double loss) {
    Map<String, Double> losses = new LinkedHashMap<>();
    losses.put("contrastive_loss", loss);
    return new StepMetrics(
        step,
        290,
        epoch,
        false,
        (step + 1) * 256,
        7264,
        256,
        losses,
        loss,
        1e-3,
        14.285,
        0.8,
        0.1,
        2,
        1);
  }

  @Test
  void shouldReadLikeOpenClipsLine() {
    TrainLine line = new TrainLine();
    line.add(step(0, 0, 5.5));
    assertThat(line.line(step(0, 0, 5.5)))
        .isEqualTo(
            "Train Epoch: 0 [ 256/7264 (4%)] Data (t): 0.100 Batch (t): 0.800, 320.000/s,"
                + " 160.000/s/gpu LR: 0.001000 Logit Scale: 14.285 Contrastive_loss: 5.5000 (5.5000)"
                + " Loss: 5.5000 (5.5000)");
    line.add(step(1, 0, 4.5));
    assertThat(line.line(step(1, 0, 4.5))).endsWith("Loss: 4.5000 (5.0000)");
    assertThat(line.line(step(29, 1, 4.0)))
        .contains("Train Epoch: 1 [ 416/7264 (6%)]")
        .endsWith("Loss: 4.0000 (4.0000)");
  }

  @Test
  void shouldShowProgressInOneLine() {
    ProgressLine progress = new ProgressLine(10);
    assertThat(progress.line(step(28, 1, 4.0)))
        .isEqualTo(
            "epoch 2/10  step 29/290 [##..................]  loss 4.0000  320 samples/s  data wait"
                + " 13%  2 workers  ETA 3:28");
  }
}
