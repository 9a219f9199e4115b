package dev.troupe.data.sample;

import dev.troupe.data.stream.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The images under a folder, in the order of their paths; keys are paths relative to it. Where
 * captions are wanted, they stand beside the images, {@code NAME.txt} for {@code NAME.jpg}.
 */
final class FolderSamples implements SampleShard {
  private static final Set<String> SUFFIXES = Set.of("jpg", "jpeg", "png", "webp");

  private final Path folder;
  private final Captions captions;
  private final List<String> paths;

  FolderSamples(Path folder, Captions captions) {
    this.folder = folder;
    this.captions = captions;
    try (Stream<Path> files = Files.walk(folder)) {
      this.paths =
          files
              .filter(file -> SUFFIXES.contains(suffix(file.getFileName().toString())))
              .filter(Files::isRegularFile)
              .map(file -> folder.relativize(file).toString())
              .sorted()
              .toList();
    } catch (IOException e) {
      throw new DataException(folder + ": cannot be read: " + e.getMessage(), e);
    }
    if (paths.isEmpty()) {
      throw new DataException(folder + ": no images (expected: jpg, jpeg, png or webp files)");
    }
  }

  private static String suffix(String name) {
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }

  @Override
  public int size() {
    return paths.size();
  }

  @Override
  public String key(int ordinal) {
    return paths.get(ordinal);
  }

  @Override
  public RawSample read(int ordinal, long seed) throws BadSampleException, IOException {
    String path = paths.get(ordinal);
    try {
      byte[] image = Files.readAllBytes(folder.resolve(path));
      return new RawSample(image, caption(path.substring(0, path.lastIndexOf('.')), seed));
    } catch (NoSuchFileException e) {
      throw new BadSampleException("no such file: " + e.getMessage(), e);
    }
  }

  private String caption(String stem, long seed) throws BadSampleException, IOException {
    if (captions instanceof Captions.JsonField field) {
      return TarSamples.field(
          Files.readAllBytes(folder.resolve(stem + ".json")), field.name(), seed);
    }
    if (captions instanceof Captions.Member member) {
      return TarSamples.text(Files.readAllBytes(folder.resolve(stem + "." + member.suffix())));
    }
    return "";
  }

  @Override
  public void close() {}
}
