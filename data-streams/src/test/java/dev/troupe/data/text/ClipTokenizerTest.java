package dev.troupe.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.IntBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

class ClipTokenizerTest {
  private static final String LONG =
      "one two three four five six seven eight nine ten eleven twelve thirteen fourteen";

  private final ClipTokenizer tokenizer = new ClipTokenizer(77);

  @Test
  void shouldGiveTheIdsOfOpenClipForCaptionsOfAllKinds() throws Exception {
    ObjectMapper json = new ObjectMapper();
    List<String> wrong = new ArrayList<>();
    int captions = 0;
    int longest = 0;
    try (BufferedReader lines = golden()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        JsonNode row = json.readTree(line);
        TextCleaning cleaning = TextCleaning.of(row.get(0).textValue());
        String text = row.get(1).textValue();
        int[] ids = json.convertValue(row.get(2), int[].class);
        int[] found = new ClipTokenizer(77, cleaning, ReductionMask.NONE).encode(text);
        if (!Arrays.equals(ids, found)) {
          wrong.add(cleaning + " " + text + " -> " + Arrays.toString(found));
        }
        captions++;
        longest = Math.max(longest, text.getBytes(StandardCharsets.UTF_8).length);
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(captions).isGreaterThanOrEqualTo(2000);
    assertThat(longest).isGreaterThan(10_000);
  }

  @Test
  void shouldFrameACaptionWithStartAndEndAndPadWithZeros() {
    assertThat(encode(tokenizer, "a diagram", 0)).startsWith(49406, 320, 22697, 49407, 0, 0);
    assertThat(tokenizer.encode("a diagram", IntBuffer.allocate(77), 0)).isEqualTo(4);
    assertThat(encode(tokenizer, "", 0)).startsWith(49406, 49407, 0).hasSize(77);
    assertThat(tokenizer.vocabularySize()).isEqualTo(49408);
  }

  @Test
  void shouldCutALongCaptionSoThatTheEndComesLast() {
    int[] whole = encode(tokenizer, LONG, 0);
    int[] cut = encode(new ClipTokenizer(8), LONG, 0);
    assertThat(cut).startsWith(Arrays.copyOf(whole, 7)).endsWith(49407).hasSize(8);
    assertThat(new ClipTokenizer(8).encode(LONG, IntBuffer.allocate(8), 0)).isEqualTo(8);
  }

  @Test
  void shouldWriteAtTheBuffersPositionAndNowhereElse() {
    IntBuffer target = IntBuffer.wrap(new int[30]);
    Arrays.fill(target.array(), -1);
    target.position(10);
    new ClipTokenizer(10).encode("a diagram", target, 0);
    assertThat(target.array()[9]).isEqualTo(-1);
    assertThat(Arrays.copyOfRange(target.array(), 10, 20))
        .containsExactly(49406, 320, 22697, 49407, 0, 0, 0, 0, 0, 0);
    assertThat(target.array()[20]).isEqualTo(-1);
  }

  @Test
  void shouldKeepARandomStretchUnderTheSimpleMask() {
    List<Integer> whole = inner(encode(tokenizer, LONG, 0));
    List<Integer> starts = new ArrayList<>();
    for (long seed = 0; seed < 200; seed++) {
      List<Integer> kept = inner(encode(masked(ReductionMask.SIMPLE), LONG, seed));
      assertThat(kept).hasSize(6);
      assertThat(whole).containsSubsequence(kept);
      int start = whole.indexOf(kept.get(0));
      assertThat(whole.subList(start, start + 6)).isEqualTo(kept);
      starts.add(start);
    }
    assertThat(starts.stream().distinct()).hasSize(whole.size() - 5);
  }

  @Test
  void shouldKeepRandomTokensInTheirOrderUnderTheRandomMask() {
    List<Integer> whole = inner(encode(tokenizer, LONG, 0));
    List<Integer> kept = inner(encode(masked(ReductionMask.RANDOM), LONG, 7));
    assertThat(kept).hasSize(6);
    assertThat(whole).containsSubsequence(kept);
    assertThat(inner(encode(masked(ReductionMask.RANDOM), LONG, 8))).isNotEqualTo(kept);
  }

  @Test
  void shouldMixTokensUnderTheShuffleMask() {
    List<Integer> whole = inner(encode(tokenizer, LONG, 0));
    List<Integer> kept = inner(encode(masked(ReductionMask.SHUFFLE), LONG, 3));
    assertThat(kept).hasSize(6).isSubsetOf(whole).doesNotHaveDuplicates();
    assertThat(kept).isNotEqualTo(whole.stream().filter(kept::contains).toList());
  }

  @Test
  void shouldKeepNounsThenAdjectivesThenVerbsInTheirOrderUnderTheSyntaxMask() {
    String caption = "There are two small dogs that quickly chase a red ball on the beach";
    assertThat(SyntaxMask.shorten(caption, 3)).isEqualTo("dogs ball beach");
    assertThat(SyntaxMask.shorten(caption, 5)).isEqualTo("small dogs red ball beach");
    assertThat(SyntaxMask.shorten(caption, 7)).isEqualTo("are small dogs chase red ball beach");
    assertThat(SyntaxMask.shorten(caption, 9))
        .isEqualTo("There are two small dogs chase red ball beach");
    assertThat(SyntaxMask.shorten("Don't panic, it's a cat", 6)).isEqualTo("Do n't panic , it cat");
    assertThat(encode(masked(ReductionMask.SYNTAX), caption, 0))
        .isEqualTo(encode(masked(ReductionMask.NONE), "are small dogs red ball beach", 0));
    assertThat(SyntaxMask.shorten("well-".repeat(2000) + " cats", 1)).isNotEmpty();
  }

  @Test
  void shouldDrawByTheSeedAlone() {
    for (ReductionMask mask : ReductionMask.values()) {
      assertThat(encode(masked(mask), LONG, 42)).isEqualTo(encode(masked(mask), LONG, 42));
    }
  }

  @Test
  void shouldLeaveCaptionsThatFitUnmasked() {
    for (ReductionMask mask : ReductionMask.values()) {
      assertThat(encode(masked(mask), "a red cat", 1))
          .isEqualTo(encode(masked(mask), "a red cat", 2));
    }
  }

  @Test
  void shouldServeManyThreads() {
    int[] expected = encode(tokenizer, LONG, 0);
    IntStream.range(0, 2000)
        .parallel()
        .forEach(
            i -> {
              assertThat(encode(tokenizer, LONG, i)).isEqualTo(expected);
              tokenizer.encode("word" + i + " zzz" + i, IntBuffer.allocate(77), 0);
            });
  }

  @Test
  void shouldNameWhatItRefuses() {
    assertThatThrownBy(() -> new ClipTokenizer(2)).hasMessageContaining("context_length: 2");
    assertThatThrownBy(() -> ReductionMask.of("most")).hasMessageContaining("reduction_mask: most");
    assertThatThrownBy(() -> TextCleaning.of("wash")).hasMessageContaining("clean: wash");
  }

  private static ClipTokenizer masked(ReductionMask mask) {
    return new ClipTokenizer(8, TextCleaning.LOWER, mask);
  }

  private static int[] encode(Tokenizer tokenizer, String text, long seed) {
    IntBuffer target = IntBuffer.allocate(tokenizer.contextLength());
    tokenizer.encode(text, target, seed);
    return target.array();
  }

  private static List<Integer> inner(int[] ids) {
    return Arrays.stream(ids).filter(id -> id > 0 && id < 49406).boxed().toList();
  }

  private static BufferedReader golden() throws Exception {
    return new BufferedReader(
        new InputStreamReader(
            new GZIPInputStream(
                ClipTokenizerTest.class.getResourceAsStream("clip-golden.jsonl.gz")),
            StandardCharsets.UTF_8));
  }
}
