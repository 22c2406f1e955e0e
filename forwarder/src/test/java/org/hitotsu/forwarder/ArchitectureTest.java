package org.hitotsu.forwarder;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import org.jspecify.annotations.NullMarked;

/** Holds the arrows between modules and packages that docs/architecture.md draws. */
@AnalyzeClasses(packages = "org.hitotsu", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final String COHERENCE = "org.hitotsu.coherence..";
    private static final String BPF = "org.hitotsu.bpf..";
    private static final String FORWARDER = "org.hitotsu.forwarder..";
    private static final String BACKENDS = "org.hitotsu.forwarder.backend.*..";
    private static final String STOCK = "org.hitotsu.forwarder.backend.stock..";
    private static final String PATCHED = "org.hitotsu.forwarder.backend.patched..";
    private static final String OBSERVE = "org.hitotsu.forwarder.observe..";
    private static final String GENERATED_FROM_PROTOBUF = "org.hitotsu.forwarder.*.proto..";

    @ArchTest
    static final ArchRule coherenceIsPure = classes()
            .that()
            .resideInAPackage(COHERENCE)
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage(COHERENCE, "java.lang..", "java.util..", "java.io", "org.jspecify..")
            .because("the same class runs in the daemon, in a simulation and in a simulated cluster");

    @ArchTest
    static final ArchRule coherenceHasNoClockAndNoThread = noClasses()
            .that()
            .resideInAPackage(COHERENCE)
            .should()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .dependOnClassesThat()
            .areAssignableTo(Thread.class)
            .because("time and order come from outside, so that a seed repeats a run exactly");

    @ArchTest
    static final ArchRule bpfKnowsNoOtherModule = noClasses()
            .that()
            .resideInAPackage(BPF)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(COHERENCE, FORWARDER);

    @ArchTest
    static final ArchRule bpfIsUsedThroughItsInterface = noClasses()
            .that()
            .resideInAPackage(FORWARDER)
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.hitotsu.bpf.impl..");

    @ArchTest
    static final ArchRule ebpfIsForObservationAndThePatchedBackend = noClasses()
            .that()
            .resideInAPackage(FORWARDER)
            .and()
            .resideOutsideOfPackages(OBSERVE, PATCHED)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(BPF)
            .because("a node with a stock kernel does without where it takes no eBPF programs");

    @ArchTest
    static final ArchRule observationStandsBeside = noClasses()
            .that()
            .resideInAPackage(FORWARDER)
            .and()
            .resideOutsideOfPackage(OBSERVE)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(OBSERVE)
            .because("nothing depends on what it sees");

    @ArchTest
    static final ArchRule backendsKnowNotEachOther = noClasses()
            .that()
            .resideInAPackage(PATCHED)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(STOCK)
            .because("what they have in common has a package of its own");

    @ArchTest
    static final ArchRule portsKnowNoBackend = noClasses()
            .that()
            .resideInAPackage("org.hitotsu.forwarder.backend")
            .should()
            .dependOnClassesThat()
            .resideInAPackage(BACKENDS)
            .because("everything above the kernel is the same code for every back-end");

    @ArchTest
    static final ArchRule nativeCallsStayInTheirPlaces = noClasses()
            .that()
            .resideOutsideOfPackages(BPF, BACKENDS, "org.hitotsu.forwarder.nativecall..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna..");

    @ArchTest
    static final ArchRule nullIsDeclared =
            classes().that().resideOutsideOfPackage(GENERATED_FROM_PROTOBUF).should(resideInANullMarkedPackage());

    private static ArchCondition<JavaClass> resideInANullMarkedPackage() {
        return new ArchCondition<>("reside in a package that package-info.java marks @NullMarked") {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                boolean marked = type.getPackage().isAnnotatedWith(NullMarked.class);
                events.add(new SimpleConditionEvent(type, marked, type.getName() + " in " + type.getPackageName()));
            }
        };
    }
}
